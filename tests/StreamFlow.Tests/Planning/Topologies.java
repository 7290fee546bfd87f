import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*;
import java.time.*; import java.util.*; import java.util.function.*;
public class Topologies {
  static final Serde<String> S=Serdes.String();
  static void d(String name, Consumer<StreamsBuilder> c){ StreamsBuilder b=new StreamsBuilder(); System.out.println("=== "+name); try { c.accept(b); System.out.print(b.build().describe()); } catch(Exception e){ System.out.println("EXC "+e); } }
  static KStream<String,String> in(StreamsBuilder b){ return b.stream("in",Consumed.with(S,S)); }
  static KTable<String,String> t(StreamsBuilder b){ return b.table("t",Consumed.with(S,S)); }
  public static void main(String[] a){
    d("stateless chain", b-> in(b).filter((k,v)->true).filterNot((k,v)->false).map((k,v)->KeyValue.pair(k,v)).mapValues(v->v).flatMap((k,v)->List.of(KeyValue.pair(k,v))).flatMapValues(v->List.of(v)).selectKey((k,v)->k).peek((k,v)->{}).to("out"));
    d("named chain", b-> b.stream("in",Consumed.with(S,S).withName("src")).filter((k,v)->true,Named.as("f")).mapValues(v->v,Named.as("m")).selectKey((k,v)->k).to("out",Produced.<String,String>as("snk")));
    d("foreach and fan out", b->{ KStream<String,String> s=in(b); s.foreach((k,v)->{}); s.mapValues(v->v).to("o1"); s.filter((k,v)->true).mapValues(v->v).to("o2"); s.to("o3"); });
    d("merge two topics", b-> in(b).merge(b.stream("in2",Consumed.with(S,S))).to("out"));
    d("merge diamond", b->{ KStream<String,String> s=in(b); s.mapValues(v->v).merge(s.filter((k,v)->true).mapValues(v->v)).to("out"); });
    d("same topic twice", b->{ in(b).to("o1"); b.stream("x",Consumed.with(S,S)).to("o2"); in(b).mapValues(v->v).to("o3"); });
    d("two sources apart", b->{ in(b).to("o1"); b.stream("x",Consumed.with(S,S)).to("o2"); });
    d("count after groupByKey", b-> in(b).groupByKey().count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count after selectKey", b-> in(b).selectKey((k,v)->v).groupByKey().count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count after groupBy", b-> in(b).groupBy((k,v)->v).count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count after named groupBy", b-> in(b).groupBy((k,v)->v,Grouped.with("g",S,S)).count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count with named store", b-> in(b).groupByKey().count(Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>as("s")).toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count with unnamed materialized", b-> in(b).groupByKey().count(Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>with(S,Serdes.Long())).toStream().to("out",Produced.with(S,Serdes.Long())));
    d("count with processor and store name", b-> in(b).selectKey((k,v)->v).groupByKey().count(Named.as("counter"),Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>as("s")).toStream(Named.as("ts")).to("out",Produced.with(S,Serdes.Long())));
    d("reduce", b-> in(b).groupByKey().reduce((x,y)->y).toStream().to("out"));
    d("reduce with unnamed materialized", b-> in(b).groupByKey().reduce((x,y)->y,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
    d("aggregate", b-> in(b).groupByKey().aggregate(()->"",(k,v,g)->g,Materialized.with(S,S)).toStream().to("out"));
    d("aggregate after repartition with named store", b-> in(b).groupBy((k,v)->v).aggregate(()->"",(k,v,g)->g,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("s").withValueSerde(S)).toStream().to("out"));
    d("windowed count", b-> in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count().toStream().to("out"));
    d("windowed count unnamed materialized", b-> in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count(Materialized.<String,Long,WindowStore<Bytes,byte[]>>with(S,Serdes.Long())).toStream().to("out"));
    d("windowed count after map", b-> in(b).map((k,v)->KeyValue.pair(v,k)).groupByKey().windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMillis(10),Duration.ofMillis(5))).count().toStream().map((k,v)->KeyValue.pair(k.key(),""+v)).to("out"));
    d("windowed reduce and aggregate", b->{ TimeWindowedKStream<String,String> w=in(b).groupBy((k,v)->v).windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))); w.reduce((x,y)->y).toStream().to("o1"); w.aggregate(()->"",(k,v,g)->g,Materialized.with(S,S)).toStream().to("o2"); });
    d("two aggregations of one unnamed group", b->{ KGroupedStream<String,String> g=in(b).selectKey((k,v)->v).groupByKey(); g.count().toStream().to("o1"); g.reduce((x,y)->y).toStream().to("o2"); });
    d("two aggregations of one named group", b->{ KGroupedStream<String,String> g=in(b).selectKey((k,v)->v).groupByKey(Grouped.as("g")); g.count().toStream().to("o1"); g.reduce((x,y)->y).toStream().to("o2"); });
    d("two aggregations without repartition", b->{ KGroupedStream<String,String> g=in(b).groupByKey(); g.count().toStream().to("o1"); g.reduce((x,y)->y).toStream().to("o2"); });
    d("repartition", b-> in(b).repartition().to("out"));
    d("repartition named", b-> in(b).repartition(Repartitioned.<String,String>as("r").withNumberOfPartitions(3)).mapValues(v->v).to("out"));
    d("repartition then count", b-> in(b).selectKey((k,v)->v).repartition(Repartitioned.<String,String>as("a")).groupByKey().count().toStream().to("out"));
    d("sub-topologies by source name", b-> b.stream("in",Consumed.with(S,S).withName("z-source")).repartition(Repartitioned.<String,String>as("b")).repartition(Repartitioned.<String,String>as("a")).to("out"));
    d("merge keeps repartition flag", b-> in(b).merge(b.<String,String>stream("in2").selectKey((k,v)->v)).groupByKey().count().toStream().to("out"));
    d("name ending in repartition", b-> in(b).repartition(Repartitioned.<String,String>as("x-repartition")).to("out"));
    d("table filter and mapValues", b-> in(b).groupByKey().count().filter((k,v)->v>1).mapValues(v->""+v).toStream().to("out"));
    d("table filter named", b-> in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count().filter((k,v)->v>1,Named.as("big")).toStream().map((k,v)->KeyValue.pair(k.toString(),v==null?null:""+v)).to("out"));
    d("chained aggregations", b-> in(b).groupByKey().count().toStream().groupBy((k,v)->""+v).count(Materialized.as("second")).toStream().to("out"));
    d("table read", b-> t(b).toStream().to("out"));
    d("table with unnamed materialized", b-> b.table("t",Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
    d("table with named store", b-> b.table("t",Consumed.with(S,S),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("rows")).toStream().to("out"));
    d("table and its source named", b-> b.table("t",Consumed.with(S,S).withName("tab"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("rows")).toStream().to("out"));
    d("table filtered", b-> t(b).filter((k,v)->true).mapValues(v->v).toStream().to("out"));
    d("join", b-> in(b).join(t(b),(v,r)->v+r).to("out"));
    d("left join", b-> in(b).leftJoin(t(b),(v,r)->v+r).to("out"));
    d("join named", b-> in(b).join(t(b),(v,r)->v+r,Joined.<String,String,String>as("j")).to("out"));
    d("table before stream", b->{ KTable<String,String> t=t(b); in(b).join(t,(k,v,r)->k+v+r).to("out"); });
    d("join after selectKey", b-> in(b).selectKey((k,v)->v).join(t(b),(v,r)->v+r).to("out"));
    d("join after selectKey and mapValues", b-> in(b).selectKey((k,v)->v).mapValues(v->v).join(t(b),(v,r)->v+r).to("out"));
    d("join named after selectKey", b-> in(b).selectKey((k,v)->v).join(t(b),(v,r)->v+r,Joined.<String,String,String>as("j")).to("out"));
    d("join after named selectKey", b-> in(b).selectKey((k,v)->v,Named.as("by-value")).join(t(b),(v,r)->v+r).to("out"));
    d("left join after map", b-> in(b).map((k,v)->KeyValue.pair(v,k)).leftJoin(t(b),(v,r)->v+r).to("out"));
    d("two joins of one rekeyed stream", b->{ KStream<String,String> s=in(b).selectKey((k,v)->v); s.join(t(b),(v,r)->v+r).to("o1"); s.leftJoin(b.table("u",Consumed.with(S,S)),(v,r)->v+r).to("o2"); });
    d("two named joins of one rekeyed stream", b->{ KStream<String,String> s=in(b).selectKey((k,v)->v); KTable<String,String> t=t(b); s.join(t,(v,r)->v+r,Joined.<String,String,String>as("j1")).to("o1"); s.join(t,(v,r)->v+r,Joined.<String,String,String>as("j2")).to("o2"); });
    d("unnamed and named join of one rekeyed stream", b->{ KStream<String,String> s=in(b).selectKey((k,v)->v); KTable<String,String> t=t(b); s.join(t,(v,r)->v+r).to("o1"); s.join(t,(v,r)->v+r,Joined.<String,String,String>as("j2")).to("o2"); });
    d("named and unnamed join of one rekeyed stream", b->{ KStream<String,String> s=in(b).selectKey((k,v)->v); KTable<String,String> t=t(b); s.join(t,(v,r)->v+r,Joined.<String,String,String>as("j1")).to("o1"); s.join(t,(v,r)->v+r).to("o2"); });
    d("join chained", b-> in(b).join(t(b),(v,r)->v+r).leftJoin(b.table("u",Consumed.with(S,S)),(v,r)->v+r).groupByKey().count().toStream().to("out"));
    d("join with filtered table", b-> in(b).join(t(b).filter((k,v)->true).mapValues(v->v),(v,r)->v+r).to("out"));
    d("join with count of another topic", b-> in(b).join(b.stream("x",Consumed.with(S,S)).groupByKey().count(),(v,r)->v+r).to("out"));
    d("join with count of the same stream", b->{ KStream<String,String> s=in(b); s.join(s.groupByKey().count(),(v,r)->v+r).to("out"); });
    d("join of rekeyed stream with repartitioned count", b->{ KStream<String,String> s=in(b).selectKey((k,v)->v); s.join(b.stream("x",Consumed.with(S,S)).groupBy((k,v)->v).count(Materialized.as("c")),(v,r)->v+r).to("out"); });
    d("join with windowed count", b->{ KTable<Windowed<String>,Long> w=in(b).groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count(); w.toStream().join(w,(v,r)->v+r).map((k,v)->KeyValue.pair(k.key(),""+v)).to("out"); });
    d("join of merged streams", b-> in(b).merge(b.<String,String>stream("in2").selectKey((k,v)->v)).leftJoin(t(b),(v,r)->v+r).to("out"));
  }
}
