import org.apache.kafka.common.serialization.*; import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*; import org.apache.kafka.streams.state.*; import org.apache.kafka.common.utils.Bytes; import java.time.*;
public class TableViews extends H { public static void main(String[] x){
 StreamsBuilder b=new StreamsBuilder(); b.<String,String>stream("in").groupByKey().count().filter((k,v)->v>1).mapValues(v->""+v).toStream().to("out");
 run("table filter and mapValues",b,props(),"in A:x@10#h","in A:y@5","in B:z@7","in A:w@12");
 b=new StreamsBuilder(); b.<String,String>stream("in").groupByKey().reduce((p,q)->q.equals("del")?null:q).filterNot((k,v)->v.equals("no")).mapValues((k,v)->v.equals("none")?null:k+v).toStream().to("out");
 run("table filterNot and deletes",b,props(),"in A:a@10","in A:no@11","in A:del@12","in A:no@13","in A:none@14","in A:b@15");
 b=new StreamsBuilder(); b.<String,String>stream("in").groupByKey().windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofMillis(10))).count().filter((k,v)->v>1,Named.as("big")).toStream().map((k,v)->KeyValue.pair(k.toString(),v==null?null:""+v)).to("out");
 run("windowed table filter",b,props(),"in A:a@1","in A:b@2","in A:c@11");
} }
