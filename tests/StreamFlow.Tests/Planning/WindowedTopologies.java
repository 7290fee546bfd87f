import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*;
import java.time.*; import java.util.*; import java.util.function.*; import static java.time.Duration.ofMillis; import static org.apache.kafka.streams.kstream.Suppressed.*; import static org.apache.kafka.streams.kstream.Suppressed.BufferConfig.*;
public class WindowedTopologies extends H {
  static void d(String name, Consumer<StreamsBuilder> f){ StreamsBuilder b=new StreamsBuilder(); System.out.println("=== "+name); try { f.accept(b); System.out.print(b.build().describe()); } catch(Exception e){ System.out.println("EXC "+e); } System.out.println(); }
  static KGroupedStream<String,String> g(StreamsBuilder b,String t){ return b.<String,String>stream(t).groupByKey(); }
  static KGroupedStream<String,String> r(StreamsBuilder b,String t){ return b.<String,String>stream(t).selectKey((k,v)->v).groupByKey(); }
  static Aggregator<String,String,String> ADD=(k,v,a)->a+v;
  public static void main(String[] z){
    SessionWindows se=SessionWindows.ofInactivityGapWithNoGrace(ofMillis(10)); SlidingWindows sl=SlidingWindows.ofTimeDifferenceWithNoGrace(ofMillis(10)); TimeWindows tw=TimeWindows.ofSizeWithNoGrace(ofMillis(10));
    d("session count", b->g(b,"in").windowedBy(se).count().toStream().to("out"));
    d("session count named store", b->g(b,"in").windowedBy(se).count(Materialized.as("s")).toStream().to("out"));
    d("session count unnamed options", b->g(b,"in").windowedBy(se).count(Materialized.with(S,Serdes.Long())).toStream().to("out"));
    d("session reduce", b->g(b,"in").windowedBy(se).reduce((x,y)->x+y).toStream().to("out"));
    d("session aggregate repartitioned", b->r(b,"in").windowedBy(se).aggregate(()->"",ADD,(k,x,y)->x+y).toStream().to("out"));
    d("sliding count", b->g(b,"in").windowedBy(sl).count().toStream().to("out"));
    d("sliding count unnamed options", b->g(b,"in").windowedBy(sl).count(Materialized.with(S,Serdes.Long())).toStream().to("out"));
    d("sliding reduce", b->g(b,"in").windowedBy(sl).reduce((x,y)->x+y).toStream().to("out"));
    d("sliding aggregate named", b->g(b,"in").windowedBy(sl).aggregate(()->"",ADD,Named.as("agg"),Materialized.as("s")).toStream().to("out"));
    d("time count on close", b->g(b,"in").windowedBy(tw).emitStrategy(EmitStrategy.onWindowClose()).count().toStream().to("out"));
    d("unlimited count", b->g(b,"in").windowedBy(UnlimitedWindows.of()).count().toStream().to("out"));
    d("suppress window", b->g(b,"in").windowedBy(tw).count().suppress(untilWindowCloses(unbounded())).toStream().to("out"));
    d("suppress window named", b->g(b,"in").windowedBy(tw).count().suppress(untilWindowCloses(unbounded()).withName("sup")).toStream().to("out"));
    d("suppress table", b->b.<String,String>table("in").suppress(untilTimeLimit(ofMillis(5),unbounded())).toStream().to("out"));
    d("suppress table named", b->b.<String,String>table("in").suppress(untilTimeLimit(ofMillis(5),unbounded()).withName("sup")).filter((k,v)->true).toStream().to("out"));
    d("suppress filtered table", b->b.<String,String>table("in").filter((k,v)->true).suppress(untilTimeLimit(ofMillis(5),unbounded())).toStream().to("out"));
    d("suppress joined", b->{ KTable<String,String> t=b.<String,String>table("in").suppress(untilTimeLimit(ofMillis(5),unbounded())); b.<String,String>stream("L").join(t,(x,y)->x+y).to("out"); });
    d("cogroup one", b->g(b,"in").<String>cogroup(ADD).aggregate(()->"").toStream().to("out"));
    d("cogroup two", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup two stored", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"",Materialized.as("s")).toStream().to("out"); });
    d("cogroup two named", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"",Named.as("agg"),Materialized.as("s")).toStream().to("out"); });
    d("cogroup one repartitioned", b->{ KGroupedStream<String,String> x=r(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup second repartitioned", b->{ KGroupedStream<String,String> x=g(b,"one"), y=r(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup both repartitioned", b->{ KGroupedStream<String,String> x=r(b,"one"), y=r(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup both repartitioned, named groups", b->{ KGroupedStream<String,String> x=b.<String,String>stream("one").groupBy((k,v)->v,Grouped.as("x")), y=b.<String,String>stream("two").groupBy((k,v)->v,Grouped.as("y")); x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->"",Materialized.as("s")).toStream().to("out"); });
    d("cogroup of one group twice", b->{ KGroupedStream<String,String> x=g(b,"one"); x.<String>cogroup(ADD).cogroup(x,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup three", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"), w=g(b,"three"); x.<String>cogroup(ADD).cogroup(y,ADD).cogroup(w,ADD).aggregate(()->"").toStream().to("out"); });
    d("cogroup joined", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); KTable<String,String> t=x.<String>cogroup(ADD).cogroup(y,ADD).aggregate(()->""); b.<String,String>stream("L").join(t,(p,q)->p+q).to("out"); });
    d("cogroup time windows", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).windowedBy(tw).aggregate(()->"").toStream().to("out"); });
    d("cogroup sliding windows", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).windowedBy(sl).aggregate(()->"").toStream().to("out"); });
    d("cogroup session windows", b->{ KGroupedStream<String,String> x=g(b,"one"), y=g(b,"two"); x.<String>cogroup(ADD).cogroup(y,ADD).windowedBy(se).aggregate(()->"",(k,p,q)->p+q,Materialized.as("s")).toStream().to("out"); });
  }
}
