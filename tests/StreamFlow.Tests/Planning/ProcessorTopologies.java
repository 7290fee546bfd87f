import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.processor.api.*; import org.apache.kafka.streams.processor.api.Record; import org.apache.kafka.streams.state.*;
import java.time.*; import java.util.*; import java.util.function.*;
public class ProcessorTopologies {
  static final Serde<String> S=Serdes.String();
  static class P extends ContextualProcessor<String,String,String,String> { public void process(Record<String,String> r){ context().forward(r); } }
  static class F extends ContextualFixedKeyProcessor<String,String,String> { public void process(FixedKeyRecord<String,String> r){ context().forward(r); } }
  static class PS implements ProcessorSupplier<String,String,String,String> { final StoreBuilder<?>[] b; PS(StoreBuilder<?>... b){ this.b=b; } public org.apache.kafka.streams.processor.api.Processor<String,String,String,String> get(){ return new P(); } public Set<StoreBuilder<?>> stores(){ return new LinkedHashSet<>(Arrays.asList(b)); } }
  static class FS implements FixedKeyProcessorSupplier<String,String,String> { final StoreBuilder<?>[] b; FS(StoreBuilder<?>... b){ this.b=b; } public FixedKeyProcessor<String,String,String> get(){ return new F(); } public Set<StoreBuilder<?>> stores(){ return new LinkedHashSet<>(Arrays.asList(b)); } }
  static StoreBuilder<?> st(String n){ return Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(n),S,S); }
  static void d(String name, Consumer<StreamsBuilder> c){ StreamsBuilder b=new StreamsBuilder(); System.out.println("=== "+name); try { c.accept(b); System.out.print(b.build().describe()); } catch(Exception e){ System.out.println("EXC"); } }
  static void t(String name, Consumer<Topology> c){ Topology t=new Topology(); System.out.println("=== "+name); try { c.accept(t); System.out.print(t.describe()); } catch(Exception e){ System.out.println("EXC"); } }
  static KStream<String,String> in(StreamsBuilder b){ return b.stream("in",Consumed.with(S,S)); }
  static Topology src(Topology t){ return t.addSource("s",new StringDeserializer(),new StringDeserializer(),"in"); }
  static final StringSerializer W=new StringSerializer();
  static class V implements org.apache.kafka.streams.processor.api.Processor<String,String,Void,Void> { public void process(Record<String,String> r){} }
  static StoreBuilder g(String n){ return st(n); }
  public static void main(String[] a){
    d("split", b->{ Map<String,KStream<String,String>> m=in(b).split().branch((k,v)->true).branch((k,v)->true,Branched.as("-x")).defaultBranch(); new TreeMap<>(m).values().forEach(s->s.mapValues(v->v).to("out")); });
    d("split named", b->{ Map<String,KStream<String,String>> m=in(b).split(Named.as("s-")).branch((k,v)->true,Branched.as("even")).branch((k,v)->true).defaultBranch(Branched.as("rest")); new TreeMap<>(m).values().forEach(s->s.mapValues(v->v).to("out")); });
    d("split with consumer and function", b->{ Map<String,KStream<String,String>> m=in(b).split(Named.as("s-")).branch((k,v)->true,Branched.withConsumer(s->s.to("a"))).branch((k,v)->true,Branched.withFunction(s->s.mapValues(v->v),"f")).noDefaultBranch(); m.get("s-f").to("b"); });
    d("split rekeyed and counted", b->{ Map<String,KStream<String,String>> m=in(b).selectKey((k,v)->v).split(Named.as("s-")).branch((k,v)->true,Branched.as("a")).noDefaultBranch(); m.get("s-a").groupByKey().count().toStream().to("out"); });
    d("print", b->in(b).print(Printed.toSysOut()));
    d("print named", b->in(b).print(Printed.<String,String>toSysOut().withName("show")));
    d("toTable", b->in(b).toTable().toStream().to("out"));
    d("toTable named store", b->in(b).toTable(Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("t")).toStream().to("out"));
    d("toTable unnamed materialized", b->in(b).toTable(Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
    d("toTable named operator", b->in(b).toTable(Named.as("tab")).toStream().to("out"));
    d("toTable named operator and store", b->in(b).toTable(Named.as("tab"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("t")).toStream().to("out"));
    d("toTable rekeyed", b->in(b).selectKey((k,v)->v).toTable().toStream().to("out"));
    d("toTable rekeyed named operator", b->in(b).selectKey((k,v)->v).toTable(Named.as("tab")).toStream().to("out"));
    d("toTable rekeyed named store", b->in(b).selectKey((k,v)->v).toTable(Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("t")).toStream().to("out"));
    d("toTable rekeyed named both", b->in(b).selectKey((k,v)->v).toTable(Named.as("tab"),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("t")).toStream().to("out"));
    d("toTable joined", b->{ KTable<String,String> t=in(b).toTable(); b.<String,String>stream("L").join(t,(x,y)->x+y).to("out"); });
    d("process", b->in(b).process(P::new).to("out"));
    d("process named with stores", b->{ b.addStateStore(st("s1")); b.addStateStore(st("s2")); in(b).process(P::new,Named.as("p"),"s2","s1").to("out"); });
    d("process with stores of the supplier", b->in(b).process(new PS(st("s1"),st("s2"))).to("out"));
    d("two processes of one store", b->{ b.addStateStore(st("s")); in(b).process(P::new,"s").to("o1"); b.<String,String>stream("in2").process(P::new,"s").to("o2"); });
    d("two suppliers of one store", b->{ StoreBuilder<?> s=st("s"); in(b).process(new PS(s)).to("o1"); b.<String,String>stream("in2").process(new PS(s)).to("o2"); });
    d("two suppliers of stores of one name", b->{ in(b).process(new PS(st("s"))).to("o1"); b.<String,String>stream("in2").process(new PS(st("s"))).to("o2"); });
    d("process then count", b->in(b).process(P::new).groupByKey().count().toStream().to("out"));
    d("processValues", b->in(b).processValues(F::new).to("out"));
    d("processValues named with stores", b->{ b.addStateStore(st("s1")); in(b).processValues(F::new,Named.as("p"),"s1").to("out"); });
    d("processValues with stores of the supplier then count", b->in(b).processValues(new FS(st("s1"))).groupByKey().count().toStream().to("out"));
    d("processValues rekeyed then count", b->in(b).selectKey((k,v)->v).processValues(F::new).groupByKey().count().toStream().to("out"));
    d("process reads a table's store", b->{ b.table("t",Consumed.with(S,S),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("rows")); in(b).process(P::new,"rows").to("out"); });
    d("process reads an aggregation's store", b->{ in(b).groupByKey().count(Materialized.as("c")); b.<String,String>stream("in2").process(P::new,"c").to("out"); });
    d("store nobody uses", b->{ b.addStateStore(st("s1")); in(b).to("out"); });
    d("process of an unknown store", b->in(b).process(P::new,"nope").to("out"));
    d("same store added twice", b->{ StoreBuilder<?> s=st("s"); b.addStateStore(s); b.addStateStore(s); in(b).process(P::new,"s").to("out"); });
    d("two stores of one name", b->{ b.addStateStore(st("s")); b.addStateStore(st("s")); in(b).process(P::new,"s").to("out"); });
    t("low level", t->{ src(t); t.addProcessor("p",P::new,"s"); t.addProcessor("q",P::new,"s"); t.addStateStore(st("st"),"p"); t.addSink("k","out",W,W,"p","q"); });
    t("low level shared store", t->{ src(t); t.addSource("s2",new StringDeserializer(),new StringDeserializer(),"in2"); t.addProcessor("p",P::new,"s"); t.addProcessor("q",P::new,"s2"); t.addStateStore(st("st"),"p","q"); t.addSink("k","out",W,W,"p"); });
    t("low level connect", t->{ src(t); t.addProcessor("p",P::new,"s"); t.addStateStore(st("st")); t.connectProcessorAndStateStores("p","st"); t.addSink("k","out",W,W,"p"); });
    t("low level several topics and parents", t->{ t.addSource("s",new StringDeserializer(),new StringDeserializer(),"b","a"); t.addSource("s2",new StringDeserializer(),new StringDeserializer(),"c"); t.addProcessor("p",P::new,"s","s2"); t.addSink("k","out",W,W,"p","s"); });
    t("low level read-only store", t->{ src(t); t.addReadOnlyStateStore((StoreBuilder)st("ro").withLoggingDisabled(),"rs",new StringDeserializer(),new StringDeserializer(),"ro-topic","rp",()->new ContextualProcessor<String,String,Void,Void>(){ public void process(Record<String,String> r){} }); t.addProcessor("p",P::new,"s"); t.connectProcessorAndStateStores("p","ro"); t.addSink("k","out",W,W,"p"); });
    t("low level supplier of stores", t->{ src(t); t.addProcessor("p",new PS(st("a"),st("b")),"s"); t.addSink("k","out",W,W,"p"); });
    t("low level topic chosen", t->{ src(t); t.addSink("k",(k,v,c)->"out",W,W,"s"); });
    t("low level pattern", t->{ t.addSource("s",new StringDeserializer(),new StringDeserializer(),java.util.regex.Pattern.compile("in-.*")); t.addSink("k","out",W,W,"s"); });
    t("low level store nobody uses", t->{ src(t); t.addStateStore(st("st")); t.addSink("k","out",W,W,"s"); });
    t("low level unknown processor for store", t->{ src(t); t.addStateStore(st("st"),"nope"); });
    t("low level connect unknown store", t->{ src(t); t.addProcessor("p",P::new,"s"); t.connectProcessorAndStateStores("p","nope"); });
    t("low level connect to sink", t->{ src(t); t.addSink("k","out",W,W,"s"); t.addStateStore(st("st")); t.connectProcessorAndStateStores("k","st"); });
    t("low level topic read twice", t->{ src(t); t.addSource("s2",new StringDeserializer(),new StringDeserializer(),"in"); });
    t("low level store twice", t->{ src(t); t.addProcessor("p",P::new,"s"); t.addStateStore(st("st"),"p"); t.addStateStore(st("st"),"p"); });
    d("pattern", b->b.stream(java.util.regex.Pattern.compile("in-[0-9]+"),Consumed.with(S,S)).to("out"));
    d("pattern twice", b->{ b.stream(java.util.regex.Pattern.compile("in-[0-9]+"),Consumed.with(S,S)).to("o1"); b.stream(java.util.regex.Pattern.compile("in-[0-9]+"),Consumed.with(S,S)).to("o2"); });
    d("pattern and topic", b->{ b.stream(java.util.regex.Pattern.compile("in-[0-9]+"),Consumed.with(S,S)).to("o1"); b.stream("in-1",Consumed.with(S,S)).to("o2"); });
    d("global store", b->{ b.addGlobalStore(g("gs"),"G",Consumed.with(S,S),V::new); in(b).process(P::new).to("out"); });
    d("global store named", b->{ b.addGlobalStore(g("gs"),"G",Consumed.with(S,S).withName("glob"),V::new); in(b).process(P::new).to("out"); });
    d("global store connected", b->{ b.addGlobalStore(g("gs"),"G",Consumed.with(S,S),V::new); in(b).process(P::new,"gs").to("out"); });
    d("global table connected", b->{ b.globalTable("G",Consumed.with(S,S),Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as("gs")); in(b).process(P::new,"gs").to("out"); });
    d("global store of a topic read", b->{ b.addGlobalStore(g("gs"),"in",Consumed.with(S,S),V::new); in(b).to("out"); });
    t("low level global store", t->{ src(t); t.addGlobalStore(g("gs"),"gsrc",new StringDeserializer(),new StringDeserializer(),"G","gp",V::new); t.addProcessor("p",P::new,"s"); t.addSink("k","out",W,W,"p"); });
    t("low level global store connected", t->{ src(t); t.addGlobalStore(g("gs"),"gsrc",new StringDeserializer(),new StringDeserializer(),"G","gp",V::new); t.addProcessor("p",P::new,"s"); t.connectProcessorAndStateStores("p","gs"); });
  }
}
