import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*;
import org.apache.kafka.streams.processor.api.*;
import java.time.*; import java.util.*; import java.util.function.*;
public class JoinTopologies {
  static final Serde<String> S=Serdes.String();
  static void d(String name, Consumer<StreamsBuilder> c){ one(name,c,"none"); one(name+" optimized",c,"all"); }
  static void one(String name, Consumer<StreamsBuilder> c, String optimization){ StreamsBuilder b=new StreamsBuilder(); Properties p=new Properties(); p.put("application.id","app"); p.put("bootstrap.servers","x"); p.put("topology.optimization",optimization); p.put("default.key.serde",Serdes.StringSerde.class); p.put("default.value.serde",Serdes.StringSerde.class);
    System.out.println("=== "+name); try { c.accept(b); System.out.print(b.build(p).describe()); } catch(Exception e){ System.out.println("EXC"); } }
  static KStream<String,String> l(StreamsBuilder b){ return b.stream("L",Consumed.with(S,S)); }
  static KStream<String,String> r(StreamsBuilder b){ return b.stream("R",Consumed.with(S,S)); }
  static KStream<String,String> byValue(KStream<String,String> s){ return s.selectKey((k,v)->v); }
  static JoinWindows w(){ return JoinWindows.ofTimeDifferenceAndGrace(Duration.ofMillis(10),Duration.ofMillis(5)); }
  static StreamJoined<String,String,String> sj(){ return StreamJoined.with(S,S,S); }
  static GlobalKTable<String,String> g(StreamsBuilder b){ return b.globalTable("G",Consumed.with(S,S)); }
  static Materialized<String,String,KeyValueStore<Bytes,byte[]>> versioned(String name){ return Materialized.<String,String>as(Stores.persistentVersionedKeyValueStore(name,Duration.ofMillis(100))).withKeySerde(S).withValueSerde(S); }
  static ProcessorSupplier<String,String,Void,Void> putter(String store){ return () -> new Processor<String,String,Void,Void>(){ KeyValueStore<String,String> s; public void init(ProcessorContext<Void,Void> c){ s=c.getStateStore(store); } public void process(org.apache.kafka.streams.processor.api.Record<String,String> x){ s.put(x.key(),x.value()); } }; }
  public static void main(String[] a){
    d("inner", b-> l(b).join(r(b),(x,y)->x+y,w(),sj()).to("out"));
    d("left", b-> l(b).leftJoin(r(b),(x,y)->x+y,w(),sj()).to("out"));
    d("outer", b-> l(b).outerJoin(r(b),(x,y)->x+y,w(),sj()).to("out"));
    d("inner named", b-> l(b).join(r(b),(x,y)->x+y,w(),sj().withName("j")).to("out"));
    d("left named", b-> l(b).leftJoin(r(b),(x,y)->x+y,w(),sj().withName("j")).to("out"));
    d("outer named with stores", b-> l(b).outerJoin(r(b),(x,y)->x+y,w(),sj().withName("j").withStoreName("js")).to("out"));
    d("inner with stores", b-> l(b).join(r(b),(x,y)->x+y,w(),sj().withStoreName("js")).to("out"));
    d("left with stores", b-> l(b).leftJoin(r(b),(x,y)->x+y,w(),sj().withStoreName("js")).to("out"));
    d("left rekeyed", b-> byValue(l(b)).join(r(b),(x,y)->x+y,w(),sj()).to("out"));
    d("right rekeyed", b-> l(b).leftJoin(byValue(r(b)),(x,y)->x+y,w(),sj()).to("out"));
    d("both rekeyed", b-> byValue(l(b)).outerJoin(byValue(r(b)),(x,y)->x+y,w(),sj()).to("out"));
    d("both rekeyed and named", b-> byValue(l(b)).join(byValue(r(b)),(x,y)->x+y,w(),sj().withName("j")).to("out"));
    d("two joins of one rekeyed stream", b->{ KStream<String,String> s=byValue(l(b)); s.join(r(b),(x,y)->x+y,w(),sj()).to("o1"); s.leftJoin(b.stream("U",Consumed.with(S,S)),(x,y)->x+y,w(),sj()).to("o2"); });
    d("join behind a join", b-> l(b).join(r(b),(x,y)->x+y,w(),sj()).leftJoin(b.stream("U",Consumed.with(S,S)),(x,y)->x+y,w(),sj()).groupByKey().count().toStream().to("out",Produced.with(S,Serdes.Long())));
    d("self", b->{ KStream<String,String> s=l(b); s.join(s,(x,y)->x+y,w(),sj()).to("out"); });
    d("self named", b->{ KStream<String,String> s=l(b); s.join(s,(x,y)->x+y,w(),sj().withName("j").withStoreName("js")).to("out"); });
    d("self left", b->{ KStream<String,String> s=l(b); s.leftJoin(s,(x,y)->x+y,w(),sj()).to("out"); });
    d("self outer", b->{ KStream<String,String> s=l(b); s.outerJoin(s,(x,y)->x+y,w(),sj()).to("out"); });
    d("self rekeyed", b->{ KStream<String,String> s=byValue(l(b)); s.join(s,(x,y)->x+y,w(),sj()).to("out"); });
    d("self twice read", b-> l(b).join(l(b),(x,y)->x+y,w(),sj()).to("out"));
    d("self behind a filter", b->{ KStream<String,String> s=l(b).filter((k,v)->true); s.join(s,(x,y)->x+y,w(),sj()).to("out"); });
    d("filtered with itself", b->{ KStream<String,String> s=l(b); s.join(s.filter((k,v)->true),(x,y)->x+y,w(),sj()).to("out"); });
    d("self and a sink behind", b->{ KStream<String,String> s=l(b); s.join(s,(x,y)->x+y,w(),sj()).to("out"); s.to("o2"); });
    d("global table", b-> g(b));
    d("global table named", b-> b.globalTable("G",Consumed.with(S,S).withName("c"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("gs")));
    d("global table materialized", b-> b.globalTable("G",Consumed.with(S,S),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("gs")));
    d("global join", b->{ GlobalKTable<String,String> g=g(b); l(b).join(g,(k,v)->v,(x,y)->x+y).to("out"); });
    d("global join named", b->{ GlobalKTable<String,String> g=g(b); l(b).leftJoin(g,(k,v)->v,(x,y)->x+y,Named.as("gj")).to("out"); });
    d("global join of a rekeyed stream", b->{ GlobalKTable<String,String> g=g(b); byValue(l(b)).leftJoin(g,(k,v)->v,(x,y)->x+y).groupByKey().count().toStream().to("out",Produced.with(S,Serdes.Long())); });
    d("two global tables", b->{ GlobalKTable<String,String> g=g(b); GlobalKTable<String,String> h=b.globalTable("H",Consumed.with(S,S)); l(b).join(g,(k,v)->v,(x,y)->x+y).join(h,(k,v)->v,(x,y)->x+y).to("o1"); r(b).leftJoin(g,(k,v)->v,(x,y)->x+y).to("o2"); });
    d("global table behind a stream", b->{ KStream<String,String> s=l(b); s.to("o1"); s.join(g(b),(k,v)->v,(x,y)->x+y).to("o2"); });
    d("global store", b->{ b.addGlobalStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("gs"),S,S),"G",Consumed.with(S,S),putter("gs")); l(b).to("out"); });
    d("global store named", b->{ b.addGlobalStore(Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("gs"),S,S),"G",Consumed.with(S,S).withName("c"),putter("gs")); l(b).to("out"); });
    d("versioned", b-> l(b).join(b.table("T",Consumed.with(S,S),versioned("v")),(x,y)->x+y,Joined.with(S,S,S)).to("out"));
    d("grace", b-> l(b).join(b.table("T",Consumed.with(S,S),versioned("v")),(x,y)->x+y,Joined.with(S,S,S).withGracePeriod(Duration.ofMillis(5))).to("out"));
    d("grace left named", b-> l(b).leftJoin(b.table("T",Consumed.with(S,S),versioned("v")),(x,y)->x+y,Joined.with(S,S,S).withName("j").withGracePeriod(Duration.ofMillis(5))).to("out"));
    d("grace rekeyed", b-> byValue(l(b)).join(b.table("T",Consumed.with(S,S),versioned("v")),(x,y)->x+y,Joined.with(S,S,S).withGracePeriod(Duration.ofMillis(5))).to("out"));
  }
}
