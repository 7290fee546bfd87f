import org.apache.kafka.common.serialization.*;
import org.apache.kafka.streams.*; import org.apache.kafka.streams.kstream.*;
import java.util.*; import java.util.function.*; import java.util.regex.Pattern;
public class PatternTopologies {
  static final Serde<String> S=Serdes.String();
  static final Consumed<String,String> C=Consumed.with(S,S);
  static void d(String name, Consumer<StreamsBuilder> c){ StreamsBuilder b=new StreamsBuilder(); System.out.println("=== "+name); try { c.accept(b); System.out.print(b.build().describe()); } catch(Exception e){ System.out.println("EXC"); } }
  static void t(String name, Consumer<Topology> c){ Topology t=new Topology(); System.out.println("=== "+name); try { c.accept(t); System.out.print(t.describe()); } catch(Exception e){ System.out.println("EXC"); } }
  static KStream<String,String> p(StreamsBuilder b, String s){ return b.stream(Pattern.compile(s),C); }
  static Topology src(Topology t, String n, String p){ return t.addSource(n,new StringDeserializer(),new StringDeserializer(),Pattern.compile(p)); }
  static final StringSerializer W=new StringSerializer();
  public static void main(String[] a){
    d("pattern", b->p(b,"in-.*").to("out"));
    d("pattern named", b->b.stream(Pattern.compile("in-.*"),C.withName("all")).to("out"));
    d("pattern counted", b->p(b,"in-.*").groupByKey().count().toStream().to("out"));
    d("pattern rekeyed and counted", b->p(b,"in-.*").groupBy((k,v)->v,Grouped.with(S,S)).count().toStream().to("out"));
    d("pattern joined with a table", b->p(b,"in-.*").join(b.table("rows",C),(x,y)->x+y).to("out"));
    d("same pattern twice", b->{ p(b,"in-.*").to("o1"); p(b,"in-.*").to("o2"); });
    d("two patterns merged", b->p(b,"in-.*").merge(p(b,"on-.*")).to("out"));
    d("pattern and topic apart", b->{ p(b,"in-.*").to("o1"); b.stream("other",C).to("o2"); });
    d("pattern then a topic that matches", b->{ p(b,"in-.*").to("o1"); b.stream("in-a",C).to("o2"); });
    d("topic then a pattern that matches", b->{ b.stream("in-a",C).to("o2"); p(b,"in-.*").to("o1"); });
    d("pattern then a table that matches", b->{ p(b,"in-.*").to("o1"); b.table("in-t",C).toStream().to("o2"); });
    d("topic of which the pattern matches a part", b->{ b.stream("my-in-a",C).to("o2"); p(b,"in-.*").to("o1"); });
    d("alternation", b->{ b.stream("inside",C).to("o2"); p(b,"in|out").to("o1"); });
    t("low level pattern then a topic that matches", t->{ src(t,"s","in-.*"); t.addSource("s2",new StringDeserializer(),new StringDeserializer(),"in-a"); });
    t("low level topic then a pattern that matches", t->{ t.addSource("s2",new StringDeserializer(),new StringDeserializer(),"in-a"); src(t,"s","in-.*"); });
    t("low level same pattern twice", t->{ src(t,"s","in-.*"); src(t,"s2","in-.*"); });
  }
}
