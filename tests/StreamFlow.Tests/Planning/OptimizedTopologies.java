import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*;
import java.time.*; import java.util.*; import java.util.function.*;
public class OptimizedTopologies {
  static final Serde<String> S=Serdes.String();
  static void d(String name, Consumer<StreamsBuilder> c){ StreamsBuilder b=new StreamsBuilder(); Properties p=new Properties(); p.put("application.id","app"); p.put("bootstrap.servers","x"); p.put("topology.optimization","all"); p.put("default.key.serde",Serdes.StringSerde.class); p.put("default.value.serde",Serdes.StringSerde.class);
    System.out.println("=== "+name); try { c.accept(b); System.out.print(b.build(p).describe()); } catch(Exception e){ System.out.println("EXC "+e); } }
  static KStream<String,String> in(StreamsBuilder b){ return b.stream("in",Consumed.with(S,S)); }
  static KStream<String,String> rekeyed(StreamsBuilder b){ return in(b).selectKey((k,v)->v); }
  static KTable<String,String> t(StreamsBuilder b){ return b.table("t",Consumed.with(S,S)); }
  static void count(KStream<String,String> s, String out){ s.groupByKey().count().toStream().to(out,Produced.with(S,Serdes.Long())); }
  static void reduce(KStream<String,String> s, String out){ s.groupByKey().reduce((x,y)->y).toStream().to(out); }
  public static void main(String[] a){
    d("one grouping behind selectKey", b-> count(rekeyed(b),"out"));
    d("one grouping behind filter", b-> count(rekeyed(b).filter((k,v)->true),"out"));
    d("one grouping behind mapValues", b-> count(rekeyed(b).mapValues(v->v),"out"));
    d("one grouping behind map", b-> count(in(b).map((k,v)->KeyValue.pair(v,k)),"out"));
    d("one grouping behind groupBy", b-> in(b).groupBy((k,v)->v).count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("two groupings", b->{ KStream<String,String> s=rekeyed(b); count(s,"o1"); reduce(s,"o2"); });
    d("two aggregations of one group", b->{ KGroupedStream<String,String> g=rekeyed(b).groupByKey(); g.count().toStream().to("o1",Produced.with(S,Serdes.Long())); g.reduce((x,y)->y).toStream().to("o2"); });
    d("two aggregations of one named group", b->{ KGroupedStream<String,String> g=rekeyed(b).groupByKey(Grouped.as("g")); g.count().toStream().to("o1",Produced.with(S,Serdes.Long())); g.reduce((x,y)->y).toStream().to("o2"); });
    d("two named groupings", b->{ KStream<String,String> s=rekeyed(b); s.groupByKey(Grouped.as("g1")).count().toStream().to("o1",Produced.with(S,Serdes.Long())); s.groupByKey(Grouped.as("g2")).reduce((x,y)->y).toStream().to("o2"); });
    d("groupings behind two filters", b->{ KStream<String,String> s=rekeyed(b); count(s.filter((k,v)->true),"o1"); reduce(s.filter((k,v)->false),"o2"); });
    d("groupings behind one filter", b->{ KStream<String,String> s=rekeyed(b).filter((k,v)->true); count(s,"o1"); reduce(s,"o2"); });
    d("grouping beside a sink", b->{ KStream<String,String> s=rekeyed(b); s.to("o0"); count(s,"o1"); reduce(s,"o2"); });
    d("grouping behind a filter with a sink", b->{ KStream<String,String> s=rekeyed(b).filter((k,v)->true); s.to("o0"); count(s,"o1"); });
    d("selectKey feeding count, mapped reduce, aggregate", b->{ KStream<String,String> s=rekeyed(b); s.groupByKey(Grouped.as("first")).count().toStream().to("o1",Produced.with(S,Serdes.Long())); s.mapValues(v->v).groupByKey().reduce((x,y)->y).toStream().to("o2"); s.groupByKey().aggregate(()->"",(k,v,g)->g,Materialized.with(S,S)).toStream().to("o3"); t(b).toStream().to("o4"); });
    d("two key changers", b->{ KStream<String,String> s=rekeyed(b); count(s,"o1"); reduce(s.selectKey((k,v)->k),"o2"); });
    d("grouping and join", b->{ KStream<String,String> s=rekeyed(b); count(s,"o1"); s.join(t(b),(v,r)->v+r).to("o2"); });
    d("two joins", b->{ KStream<String,String> s=rekeyed(b); s.join(t(b),(v,r)->v+r).to("o1"); s.leftJoin(b.table("u",Consumed.with(S,S)),(v,r)->v+r).to("o2"); });
    d("explicit repartition is not merged", b->{ KStream<String,String> s=rekeyed(b); s.repartition(Repartitioned.<String,String>as("r")).groupByKey().count().toStream().to("o1",Produced.with(S,Serdes.Long())); reduce(s,"o2"); });
    d("merge of rekeyed streams", b-> count(rekeyed(b).merge(b.<String,String>stream("in2",Consumed.with(S,S)).selectKey((k,v)->v)),"out"));
    d("merge of a rekeyed stream", b-> count(rekeyed(b).merge(b.<String,String>stream("in2",Consumed.with(S,S))),"out"));
    d("two groupings behind a merge", b->{ KStream<String,String> s=rekeyed(b).merge(b.<String,String>stream("in2",Consumed.with(S,S)).selectKey((k,v)->v)); count(s,"o1"); reduce(s,"o2"); });
    d("two groupings behind a filtered merge", b->{ KStream<String,String> s=rekeyed(b).merge(b.<String,String>stream("in2",Consumed.with(S,S)).selectKey((k,v)->v)); count(s.filter((k,v)->true),"o1"); reduce(s.filter((k,v)->true),"o2"); });
    d("groupings beside and behind a merge", b->{ KStream<String,String> s=rekeyed(b); count(s,"o1"); reduce(s.merge(b.<String,String>stream("in2",Consumed.with(S,S))),"o2"); });
    d("chained aggregations", b-> in(b).groupBy((k,v)->v).count().toStream().groupBy((k,v)->""+v).count(Materialized.as("second")).toStream().to("out",Produced.with(S,Serdes.Long())));
    d("windowed and plain", b->{ KStream<String,String> s=rekeyed(b); s.groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count().toStream((k,v)->k.key()).to("o1",Produced.with(S,Serdes.Long())); count(s,"o2"); });
    d("source before in description", b->{ KStream<String,String> s=rekeyed(b); b.stream("x",Consumed.with(S,S)).to("o0"); count(s,"o1"); reduce(s,"o2"); });
    d("grouping behind peek and filter", b->{ KStream<String,String> s=rekeyed(b).peek((k,v)->{}); count(s.filter((k,v)->true),"o1"); reduce(s,"o2"); });
    d("table read", b-> t(b).toStream().to("out"));
    d("table with named store", b-> b.table("t",Consumed.with(S,S),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("rows")).toStream().to("out"));
    d("join with table", b-> in(b).join(t(b),(v,r)->v+r).to("out"));
    d("join after selectKey", b-> rekeyed(b).join(t(b),(v,r)->v+r).to("out"));
    d("flatMap and flatMapValues", b->{ KStream<String,String> s=in(b).flatMap((k,v)->List.of(KeyValue.pair(v,k))); count(s,"o1"); reduce(s.flatMapValues(v->List.of(v)),"o2"); reduce(s.filter((k,v)->true),"o3"); });
    d("toStream then selectKey", b->{ KStream<String,String> s=in(b).groupByKey().reduce((x,y)->y).toStream().selectKey((k,v)->v); count(s,"o1"); reduce(s,"o2"); });
    d("join keeps the key", b->{ KStream<String,String> s=rekeyed(b).join(t(b),(v,r)->v+r); count(s,"o1"); reduce(s,"o2"); });
  }
}
