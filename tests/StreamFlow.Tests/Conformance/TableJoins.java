import org.apache.kafka.common.serialization.*; import org.apache.kafka.common.utils.Bytes; import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*; import java.time.*;
public class TableJoins extends H {
 static final ValueJoiner<String,String,String> J=(v,r)->v+"-"+r;
 static final ValueJoinerWithKey<String,String,String,String> JK=(k,v,r)->k+":"+v+"-"+r;
 static KStream<String,String> join(boolean left, KStream<String,String> s, KTable<String,String> t){ return left? s.leftJoin(t,J): s.join(t,J); }
 static KStream<String,String> swap(KStream<String,String> s){ return s.map((k,v)->KeyValue.pair(v==null||v.startsWith("nokey")?null:v.substring(0,1),v)); }
 public static void main(String[] x){ StreamsBuilder b;
  String[] s23={"L k:null@1","R k:null@2","L k:A@3","R k:a@4","L k:B@5","R k:b@6","L k:null@7","R k:null@8","L k:C@9","R k:c@10","R k:null@11","L k:null@12","R k:null@13","R k:d@7","L k:D@6","L k:null@2","R k:null@3","R k:e@14","L k:E@15","L k:null@10","R k:null@9","L k:F@4","R k:f@3"};
  for(boolean left: new boolean[]{false,true}){ String n=left?"left":"inner";
   b=new StreamsBuilder(); join(left,b.stream("L"),b.table("R")).to("out"); run("stream-table "+n,b,props(),s23);
   b=new StreamsBuilder(); join(left,b.stream("L"),b.table("R")).to("out");
   run("stream-table "+n+" nulls and headers",b,props(),"L null:v@1#l","L null:null@2","R null:r@3","R k:r@4#r","L k:v@3#l2","L k:null@5","R k:null@6","L k:w@7","L j:w@8","#topics","#raw app-R-STATE-STORE-0000000001-changelog");
   b=new StreamsBuilder(); join(left,swap(b.stream("L")),b.table("R")).to("out");
   run("stream-table "+n+" rekeyed",b,props(),"R a:r@1","L k:ab@2#l","L k:cd@3","L k:nokey@4","L k:null@5","R a:null@6","L k:ab@7","#topics","#raw app-KSTREAM-MAP-0000000001-repartition");
   b=new StreamsBuilder(); { KStream<String,String> r=b.<String,String>stream("L").repartition(Repartitioned.as("r")); join(left,r,b.table("R")).to("out"); }
   run("stream-table "+n+" repartitioned",b,props(),"R a:r@1","L a:v@2","L null:v@3","L b:w@4","#raw app-r-repartition");
   b=new StreamsBuilder(); { KTable<String,String> t=b.table("R"); KStream<String,String> s=b.stream("L"); (left? s.leftJoin(t,JK): s.join(t,JK)).to("out"); }
   run("stream-table "+n+" with key",b,props(),"L k:v@1","R k:r@2","L k:v@3","L null:v@4");
   b=new StreamsBuilder(); join(left,b.stream("L"),b.<String,String>table("R").filter((k,v)->!v.equals("no")).mapValues((k,v)->v.equals("none")?null:k+v)).to("out");
   run("stream-table "+n+" derived table",b,props(),"R k:no@1","L k:v@2","R k:r@3","L k:v@4","R k:none@5","L k:v@6","R k:null@7","L k:v@8");
   b=new StreamsBuilder(); { KStream<String,String> s=b.stream("L"); KTable<String,String> t=s.groupByKey().reduce((p,q)->p+q); join(left,s,t).to("out"); }
   run("stream-table "+n+" aggregate of the same stream",b,props(),"L k:a@1","L k:b@2","L j:c@3");
   b=new StreamsBuilder(); { KTable<String,String> t=b.<String,String>stream("R").groupByKey().reduce((p,q)->q.equals("del")?null:p+q,Materialized.as("s")); join(left,b.stream("L"),t).to("out"); }
   run("stream-table "+n+" aggregate",b,props("statestore.cache.max.bytes",10000000),"L k:v@1","R k:a@2","R k:b@3","L k:v@2","R k:del@5","L k:v@6");
   b=new StreamsBuilder(); { KStream<String,String> s=swap(b.stream("L")); join(left,s,b.table("R")).to("out"); s.groupByKey().count(Materialized.as("c")).toStream().mapValues(v->""+v).to("out"); }
   run("stream-table "+n+" beside a count",b,props(),"R a:r@1","L k:ab@2","L k:nokey@3","#raw app-c-repartition");
   b=new StreamsBuilder(); { KStream<String,String> s=swap(b.stream("L")).groupByKey().count(Materialized.as("c")).toStream().mapValues(v->""+v); join(left,s,b.table("R")).to("out"); }
   run("stream-table "+n+" behind a count",b,props(),"R a:r@1","L k:ab@2","L k:nokey@3","#raw app-c-repartition");
  }
  for(boolean named: new boolean[]{false,true}){ String n=named?" named":"";
   b=new StreamsBuilder(); { KTable<String,String> t= named? b.table("in",Materialized.as("v")): b.table("in"); t.toStream().to("out"); }
   run("table"+n,b,props(),"in k:new@10#a","in k:old@5","in k:old2@10","in k:null@7","in k:null@8","in null:x@9","in k:x@400000","in k:late@50000","#topics","#raw app-v-changelog");
   b=new StreamsBuilder(); { KTable<String,String> t= named? b.table("in",Materialized.as("v")): b.table("in"); t.filter((k,v)->Integer.parseInt(v)%2==0).toStream().to("out"); }
   run("table"+n+" filter",b,props(),"in A:1@10","in B:2@5","in C:3@8","in D:4@14","in A:null@18","in B:null@15","in D:5@16");
  }
  b=new StreamsBuilder(); b.<String,String>table("in",Materialized.as("v")).toStream().to("out");
  run("table cache=10000000",b,props("statestore.cache.max.bytes",10000000),"in k:a@1","in k:a@2","in k:null@3","in k:null@4","in j:null@5","#raw app-v-changelog");
  b=new StreamsBuilder(); { KTable<String,String> t=b.table("in"); KTable<String,String> f=t.filter((k,v)->!v.equals("no")); f.toStream().to("out"); b.<String,String>stream("L").join(t,J).to("joined"); }
  run("table filter before join",b,props(),"in k:no@1","in k:a@2","in k:no@3","in k:no@4");
  b=new StreamsBuilder(); { KTable<String,String> t=b.table("in"); b.<String,String>stream("L").join(t,J).to("joined"); KTable<String,String> f=t.filter((k,v)->!v.equals("no")); f.toStream().to("out"); }
  run("table filter behind join",b,props(),"in k:no@1","in k:a@2","in k:no@3","in k:no@4");
  for(boolean mapped: new boolean[]{false,true}){ b=new StreamsBuilder(); { KTable<String,String> t=b.table("in"); KTable<String,String> f=t.filter((k,v)->!v.equals("no")); f.toStream().mapValues(v->"first "+v).to("out"); b.<String,String>stream("L").join(t,J).to("joined"); (mapped? f.mapValues(v->v): f).filter((k,v)->!v.equals("bad")).toStream().to("out"); }
  run("table filters around join"+(mapped?" mapped":""),b,props(),"in k:no@1","in k:bad@2","in k:a@3","in k:bad@4","in k:no@5","in k:a@6","in k:no@7","in k:null@8"); }
 } }
