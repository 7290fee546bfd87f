import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes; import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*; import java.time.*; import java.util.*; import java.util.function.*;
public class TableFamilies extends H {
 static ValueJoiner<String,String,String> J=(l,r)->l+"-"+r;
 static Function<String,String> FK=v->v.contains("|")?v.split("\\|")[1]:null;
 static Materialized<String,String,KeyValueStore<Bytes,byte[]>> M(String n){ return Materialized.<String,String,KeyValueStore<Bytes,byte[]>>as(n).withKeySerde(S).withValueSerde(S); }
 static Materialized<String,String,KeyValueStore<Bytes,byte[]>> ver(String n){ return Materialized.<String,String>as(Stores.persistentVersionedKeyValueStore(n,Duration.ofMinutes(5))).withKeySerde(S).withValueSerde(S); }
 static KTable<String,String> t(StreamsBuilder b,String n){ return b.table(n,Consumed.with(S,S)); }
 static Aggregator<String,String,String> ADD=(k,v,a)->a+"+"+v, SUB=(k,v,a)->a+"-"+v;
 static void d(String name, Consumer<StreamsBuilder> c){ System.out.println("=== "+name); StreamsBuilder b=new StreamsBuilder(); try{ c.accept(b); System.out.print(b.build().describe()); }catch(Exception e){ System.out.println("EXC"); System.err.println(name+": "+e); } }
 static void r(String name, Consumer<StreamsBuilder> c, String... steps){ StreamsBuilder b=new StreamsBuilder(); c.accept(b); Properties p=props(); int i=name.indexOf("cache="); if(i>=0) p.put("statestore.cache.max.bytes",Long.parseLong(name.substring(i+6))); run(name,b,p,steps); }
 static KTable<String,String> join(int k, KTable<String,String> l, KTable<String,String> r){ return k==0? l.join(r,J): k==1? l.leftJoin(r,J): l.outerJoin(r,J); }
 static void topologies(){
  d("table filter materialized", b-> t(b,"t").filter((k,v)->true,M("f")).toStream().to("out"));
  d("table filter unnamed materialized", b-> t(b,"t").filter((k,v)->true,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
  d("table filter named and materialized", b-> t(b,"t").filterNot((k,v)->true,Named.as("n"),M("f")).toStream().to("out"));
  d("table mapValues materialized", b-> t(b,"t").mapValues(v->v,M("m")).toStream().to("out"));
  d("table mapValues unnamed materialized", b-> t(b,"t").mapValues(v->v,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
  d("table mapValues named", b-> t(b,"t").mapValues(v->v,Named.as("n")).toStream().to("out"));
  String[] kn={"inner","left","outer"};
  for(int i=0;i<3;i++){ int k=i; d("table join "+kn[k], b-> join(k,t(b,"l"),t(b,"r")).toStream().to("out"));
   d("table join "+kn[k]+" of views", b-> join(k,t(b,"l").filter((x,y)->true),t(b,"r").mapValues(v->v)).toStream().to("out")); }
  d("table join named", b-> t(b,"l").join(t(b,"r"),J,Named.as("j")).toStream().to("out"));
  d("table join materialized", b-> t(b,"l").leftJoin(t(b,"r"),J,M("m")).toStream().to("out"));
  d("table join unnamed materialized", b-> t(b,"l").join(t(b,"r"),J,Materialized.<String,String,KeyValueStore<Bytes,byte[]>>with(S,S)).toStream().to("out"));
  d("table join named and materialized", b-> t(b,"l").outerJoin(t(b,"r"),J,Named.as("j"),M("m")).toStream().to("out"));
  d("table join with itself", b->{ KTable<String,String> x=t(b,"l"); x.join(x,J).toStream().to("out"); });
  d("table join chained", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); l.join(r,J).join(r,J).toStream().to("out"); });
  d("table join and stream join", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); KTable<String,String> j=l.leftJoin(r,J); b.stream("s",Consumed.with(S,S)).join(j,J).to("out"); });
  d("table join with aggregate", b-> t(b,"l").join(b.stream("s",Consumed.with(S,S)).groupByKey().count(),(x,y)->x+y).toStream().to("out"));
  d("table groupBy count", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).count().toStream().to("out"));
  d("table groupBy count unnamed materialized", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).count(Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>with(S,Serdes.Long())).toStream().to("out"));
  d("table groupBy count named", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with("g",S,S)).count(Named.as("c"),Materialized.<String,Long,KeyValueStore<Bytes,byte[]>>as("s")).toStream().to("out"));
  d("table groupBy reduce", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).reduce((x,y)->x,(x,y)->y).toStream().to("out"));
  d("table groupBy aggregate", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).aggregate(()->"",ADD,SUB,M("a")).toStream().to("out"));
  d("table groupBy aggregate without store name", b-> t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).aggregate(()->"",ADD,SUB).toStream().to("out"));
  d("table two aggregations of one unnamed group", b->{ KGroupedTable<String,String> g=t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)); g.count().toStream().to("o1"); g.reduce((x,y)->x,(x,y)->y).toStream().to("o2"); });
  d("table two aggregations of one named group", b->{ KGroupedTable<String,String> g=t(b,"t").groupBy((k,v)->KeyValue.pair(v,v),Grouped.with("g",S,S)); g.count().toStream().to("o1"); g.reduce((x,y)->x,(x,y)->y).toStream().to("o2"); });
  d("table groupBy behind filter of a count", b-> b.stream("s",Consumed.with(S,S)).groupByKey().count().filter((k,v)->v>1).groupBy((k,v)->KeyValue.pair(""+v,v),Grouped.with(S,Serdes.Long())).count().toStream().to("out"));
  for(int i=0;i<2;i++){ boolean left=i==1; String n="foreign-key join "+(left?"left":"inner");
   d(n, b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); (left? l.leftJoin(r,FK,J): l.join(r,FK,J)).toStream().to("out"); });
   d(n+" named", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); (left? l.leftJoin(r,FK,J,TableJoined.as("fk")): l.join(r,FK,J,TableJoined.as("fk"))).toStream().to("out"); });
   d(n+" materialized", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); (left? l.leftJoin(r,FK,J,M("res")): l.join(r,FK,J,M("res"))).toStream().to("out"); });
   d(n+" named and materialized", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); (left? l.leftJoin(r,FK,J,TableJoined.as("fk"),M("res")): l.join(r,FK,J,TableJoined.as("fk"),M("res"))).toStream().to("out"); }); }
  d("foreign-key join joined again", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); l.join(r,FK,J).join(t(b,"x"),J).toStream().to("out"); });
  d("foreign-key join twice", b->{ KTable<String,String> l=t(b,"l"), r=t(b,"r"); l.join(r,FK,J).join(t(b,"x"),FK,J).toStream().to("out"); });
  d("foreign-key join of views", b->{ t(b,"l").filter((k,v)->true).join(t(b,"r").mapValues(v->v),FK,J).toStream().to("out"); });
  d("foreign-key join with itself", b->{ KTable<String,String> l=t(b,"l"); l.leftJoin(l,FK,J).toStream().to("out"); });
  d("foreign-key join grouped", b->{ t(b,"l").join(t(b,"r"),FK,J).groupBy((k,v)->KeyValue.pair(v,v),Grouped.with(S,S)).count().toStream().to("out"); });
 }
 static void scenarios(){
  String[] S8={"in A:1@10","in B:2@5","in C:3@8","in D:4@14","in A:null@18","in B:null@15","in D:6@16#h","in D:5@17","in D:7@18","in null:2@19"};
  for(String c:new String[]{"0","10000000"}){
   r("view filter materialized cache="+c, b-> t(b,"in").filter((k,v)->Integer.parseInt(v)%2==0,M("f")).toStream().to("out"), cat(S8,"#raw app-f-changelog"));
   r("view filter materialized of named cache="+c, b-> b.table("in",Consumed.with(S,S),M("v")).filter((k,v)->Integer.parseInt(v)%2==0,M("f")).toStream().to("out"), cat(S8,"#raw app-f-changelog"));
   r("view mapValues materialized cache="+c, b-> t(b,"in").mapValues(v->v.equals("4")?null:"v"+v,M("m")).toStream().to("out"), cat(S8,"#raw app-m-changelog"));
   r("view mapValues materialized then filter cache="+c, b-> t(b,"in").mapValues(v->v.equals("4")?null:"v"+v,M("m")).filter((k,v)->!v.equals("v5")).toStream().to("out"), S8);
   r("view filter materialized then grouped cache="+c, b->{ KTable<String,String> f=t(b,"in").filter((k,v)->Integer.parseInt(v)%2==0,M("f")); f.toStream().mapValues(v->"f"+v).to("out"); f.groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"); }, S8);
   r("view mapValues then grouped cache="+c, b->{ t(b,"in").mapValues(v->v.equals("4")?null:"v"+v).groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"); }, S8);
  }
  r("view filter of versioned materialized", b-> b.table("in",Consumed.with(S,S),ver("v")).filter((k,v)->Integer.parseInt(v)%2==0,M("f")).toStream().to("out"), "in A:2@10","in A:4@5","in A:3@7","in A:null@12","in A:6@11","in A:8@400000","in A:8@3","#raw app-f-changelog");
  r("view filter of versioned materialized versioned", b-> b.table("in",Consumed.with(S,S),ver("v")).filter((k,v)->Integer.parseInt(v)%2==0,ver("f")).toStream().to("out"), "in A:2@10","in A:4@5","in A:3@7","in A:null@12","in A:6@11","in A:8@400000","in A:8@3","#raw app-f-changelog");
  r("view mapValues of versioned then joined", b-> b.table("in",Consumed.with(S,S),ver("v")).mapValues(v->"m"+v).join(t(b,"R"),J).toStream().to("out"), "R A:x@1","in A:2@10","in A:4@5","in A:null@12","in A:6@11","R A:y@20","in A:7@30","R A:z@2");
  r("view filter of unversioned materialized versioned", b->{ KTable<String,String> f=t(b,"in").filter((k,v)->Integer.parseInt(v)%2==0,ver("f")); f.toStream().mapValues(v->"f"+v).to("out"); f.groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"); }, "in A:2@10","in A:4@5","in A:3@7","in A:null@12","in A:6@11","in A:8@30");
  r("aggregate versioned", b-> b.stream("in",Consumed.with(S,S)).groupByKey().aggregate(()->"0",ADD,ver("a")).toStream().to("out"), "in A:2@10","in A:4@5","in A:3@12","in A:1@500000","in A:9@1","#raw app-a-changelog");
  String[] SJ={"L k:A@3","R k:a@4","L k:B@2#h","R k:b@6","L j:x@7","R i:y@8","R k:null@9","R k:c@10","L k:null@11","L k:null@12","L k:D@13","R k:d@14","R k:null@15","L k:null@16","L null:a@17"};
  String[] kn={"inner","left","outer"};
  for(int i=0;i<3;i++) for(String c:new String[]{"0","10000000"}){ int k=i; String n="table join "+kn[k];
   r(n+" materialized cache="+c, b->{ KTable<String,String> l=t(b,"L"), q=t(b,"R"); (k==0? l.join(q,J,M("m")): k==1? l.leftJoin(q,J,M("m")): l.outerJoin(q,J,M("m"))).toStream().to("out"); }, cat(SJ,"#raw app-m-changelog"));
   r(n+" grouped cache="+c, b->{ KTable<String,String> j=join(k,t(b,"L"),t(b,"R")); j.toStream().mapValues(v->"j:"+v).to("out"); j.groupBy((x,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"); }, SJ);
   r(n+" materialized and grouped cache="+c, b->{ KTable<String,String> l=t(b,"L"), q=t(b,"R"); KTable<String,String> j=k==0? l.join(q,J,M("m")): k==1? l.leftJoin(q,J,M("m")): l.outerJoin(q,J,M("m")); j.groupBy((x,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"); }, SJ);
   r(n+" of views cache="+c, b-> join(k,t(b,"L").filter((x,v)->!v.equals("B")),t(b,"R").mapValues(v->v.equals("c")?null:v+v)).toStream().to("out"), SJ);
   r(n+" chained cache="+c, b->{ KTable<String,String> l=t(b,"L"), q=t(b,"R"); join(k,join(k,l,q),q).toStream().to("out"); }, SJ);
   r(n+" with itself cache="+c, b->{ KTable<String,String> l=t(b,"L"); join(k,l,l).toStream().to("out"); }, "L k:A@3","L k:B@2#h","L k:null@11","L k:null@12","L k:D@13"); }
  r("table join looked up by a stream", b-> b.stream("S",Consumed.with(S,S)).leftJoin(t(b,"L").leftJoin(t(b,"R"),J),J).to("out"), "S k:s@1","L k:A@3","S k:s@2","R k:a@4","S k:s@3","L k:null@5","S k:s@4");
  r("foreign-key join versioned left", b-> b.table("L",Consumed.with(S,S),ver("l")).join(t(b,"R"),FK,J).toStream().to("out"), "R x:1@1","L a:v|x@10","L a:w|x@5","R x:2@11","L a:null@12","L a:u|x@11","R x:3@20");
  r("foreign-key join versioned right", b-> t(b,"L").leftJoin(b.table("R",Consumed.with(S,S),ver("r")),FK,J).toStream().to("out"), "R x:1@10","L a:v|x@10","R x:0@5","R x:2@11","L a:null@12","R x:3@20");
  r("foreign-key join of views", b-> t(b,"L").filter((k,v)->!v.startsWith("no")).leftJoin(t(b,"R").mapValues(v->v.equals("none")?null:"m"+v),FK,J).toStream().to("out"), "R x:1@1","L a:v|x@10#h","L b:no|x@11","L a:no|x@12","R x:none@13","L c:w|x@14","R x:2@15#g");
  r("foreign-key join with itself", b->{ KTable<String,String> l=t(b,"L"); l.leftJoin(l,FK,J).toStream().to("out"); }, "L a:1|b@1","L b:2|a@2","L a:3|b@3","L c:4|c@4","L a:null@5","L b:null@6");
  r("foreign-key join grouped", b-> t(b,"L").join(t(b,"R"),FK,J).groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"), "R x:1@1","L a:v|x@10","R x:2@11","L a:w|x@12","L b:u|x@13","R x:null@14","L b:null@15","L a:null@16");
  r("foreign-key join named left wire", b-> t(b,"L").leftJoin(t(b,"R"),FK,J,TableJoined.as("fk"),M("res")).toStream().to("out"), "R x:1@1#r","L a:v|x@10#h","L a:v@11","L a:v|y@12","L a:null@13","#raw app-fk-subscription-registration-topic","#raw app-fk-subscription-response-topic","#raw app-fk-subscription-store-changelog","#raw app-res-changelog");
  r("foreign-key join inner wire", b-> t(b,"L").join(t(b,"R"),FK,J,TableJoined.as("fk"),M("res")).toStream().to("out"), "R x:1@1#r","L a:v|x@10#h","L a:v@11","L a:v|y@12","L a:w|y@13","L a:w|x@14","L a:null@15","L null:w|x@16","R null:w@17","#raw app-fk-subscription-registration-topic","#raw app-fk-subscription-response-topic","#raw app-fk-subscription-store-changelog","#raw app-res-changelog");
  r("foreign-key join empty value", b-> t(b,"L").join(t(b,"R"),FK,J).toStream().to("out"), "R x:@1","L a:v|x@10");
  for(String c:new String[]{"0","10000000"}) r("grouped twice cache="+c, b-> b.stream("in",Consumed.with(S,S)).groupByKey().aggregate(()->"0",(k,v,a)->v.equals("del")?null:a+"+"+v,M("first")).groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,SUB,M("a")).toStream().to("out"), "in A:1@1","in A:2@2","in B:3@3","in A:del@4","in A:5@5","#raw app-a-repartition");
  r("grouped subtractor null", b-> t(b,"in").groupBy((k,v)->KeyValue.pair("g",v),Grouped.with(S,S)).aggregate(()->"0",ADD,(k,v,a)->v.equals("x")?null:a+"-"+v,M("a")).toStream().to("out"), "in A:x@10","in A:y@5","in A:null@3","in B:x@1","in B:x@2","in B:null@1","in C:1@0","#raw app-a-changelog");
 }
 static String[] cat(String[] a,String... b){ String[] c=Arrays.copyOf(a,a.length+b.length); System.arraycopy(b,0,c,a.length,b.length); return c; }
 public static void main(String[] x){ if(x.length>0&&x[0].equals("topologies")) topologies(); else scenarios(); }
}
