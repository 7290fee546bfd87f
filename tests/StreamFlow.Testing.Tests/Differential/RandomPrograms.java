import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.SessionStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.test.TestRecord;

/**
 * Runs programs that are given as text on Kafka Streams' own TopologyTestDriver, until standard input ends. A program is
 * "PROGRAM cacheBytes store", a line per node ("id op argument..."), "INPUT", a line per record
 * ("topic|key|value|timestamp|header"), "END"; "_" is null. Answers a line "&gt; " per record with what came out, or
 * "ERROR text", then "DONE".
 */
public class RandomPrograms {
    private static final Serde<String> TEXT = Serdes.String();
    private static final Duration KEPT = Duration.ofMillis(1_000_000);

    private final StreamsBuilder builder = new StreamsBuilder();
    private final Map<String, KStream<String, String>> streams = new HashMap<>();
    private final Map<String, KTable<String, String>> tables = new HashMap<>();
    private final Map<String, KTable<Windowed<String>, String>> windowed = new HashMap<>();
    private final Map<String, GlobalKTable<String, String>> globals = new HashMap<>();
    private final TreeSet<String> sinks = new TreeSet<>();

    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        Path folder = Path.of(args[0]);
        int number = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] head = line.split(" ");
            List<String> nodes = new ArrayList<>();
            for (line = in.readLine(); !line.equals("INPUT"); line = in.readLine()) nodes.add(line);
            List<String> records = new ArrayList<>();
            for (line = in.readLine(); !line.equals("END"); line = in.readLine()) records.add(line);
            Path state = folder.resolve("p" + number++);
            try {
                new RandomPrograms().run(head, nodes, records, state, out);
            } catch (Throwable e) {
                Throwable cause = e;
                while (cause.getCause() != null) cause = cause.getCause();
                out.println("ERROR " + e.getClass().getSimpleName() + ": " + ("" + cause).replace('\n', ' '));
            }
            delete(state);
            out.println("DONE");
            out.flush();
        }
    }

    private static void delete(Path folder) throws Exception {
        if (!Files.exists(folder)) return;
        try (var all = Files.walk(folder)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(path);
        }
    }

    private void run(String[] head, List<String> nodes, List<String> records, Path state, PrintStream out) {
        for (String node : nodes) {
            String[] words = node.split(" ");
            build(words[0], words[1], Arrays.copyOfRange(words, 2, words.length));
        }
        Properties settings = new Properties();
        settings.put("application.id", "app");
        settings.put("bootstrap.servers", "none:1");
        settings.put("default.key.serde", Serdes.StringSerde.class);
        settings.put("default.value.serde", Serdes.StringSerde.class);
        settings.put("statestore.cache.max.bytes", Long.parseLong(head[1]));
        settings.put("default.dsl.store", head[2]);
        settings.put("state.dir", state.toString());
        // Results on window close and of waiting records come with the record that is due, not once a second.
        settings.put("__emit.interval.ms.kstreams.windowed.aggregation__", 0L);
        settings.put("__emit.interval.ms.kstreams.outer.join.spurious.results.fix__", 0L);
        try (TopologyTestDriver driver = new TopologyTestDriver(builder.build(settings), settings, Instant.ofEpochMilli(0))) {
            Map<String, TestOutputTopic<String, String>> topics = new HashMap<>();
            for (String sink : sinks) {
                topics.put(sink, driver.createOutputTopic(sink, new StringDeserializer(), new StringDeserializer()));
            }
            for (String record : records) {
                String[] part = record.split("\\|", -1);
                RecordHeaders headers = new RecordHeaders();
                if (!part[4].equals("_")) headers.add("h", part[4].getBytes(StandardCharsets.UTF_8));
                driver.createInputTopic(part[0], new StringSerializer(), new StringSerializer())
                    .pipeInput(new TestRecord<>(text(part[1]), text(part[2]), headers, Long.parseLong(part[3])));
                out.println(">" + outputs(topics));
            }
        }
    }

    private static String outputs(Map<String, TestOutputTopic<String, String>> topics) {
        StringBuilder all = new StringBuilder();
        for (String sink : new TreeSet<>(topics.keySet())) {
            while (!topics.get(sink).isEmpty()) {
                TestRecord<String, String> r = topics.get(sink).readRecord();
                all.append(' ').append(sink).append('|').append(r.key() == null ? "_" : r.key()).append('|')
                    .append(r.value() == null ? "_" : r.value()).append('|').append(r.timestamp()).append('|');
                StringBuilder headers = new StringBuilder();
                for (Header h : r.headers()) headers.append(new String(h.value(), StandardCharsets.UTF_8));
                all.append(headers.length() == 0 ? "_" : headers);
            }
        }
        return all.toString();
    }

    private void build(String id, String op, String[] a) {
        switch (op) {
            case "stream" -> streams.put(id, builder.stream(a[0]));
            case "table" -> tables.put(id, a[1].equals("store")
                ? builder.table(a[0], Materialized.as(id + "-store")) : builder.table(a[0]));
            case "versioned" -> tables.put(id, builder.table(a[0], Materialized.<String, String>as(
                Stores.persistentVersionedKeyValueStore(id + "-store", Duration.ofMillis(Long.parseLong(a[1]))))));
            case "global" -> globals.put(id, builder.globalTable(a[0]));
            case "filter" -> streams.put(id, stream(a[1]).filter((k, v) -> test(a[0], k, v)));
            case "filterNot" -> streams.put(id, stream(a[1]).filterNot((k, v) -> test(a[0], k, v)));
            case "mapValues" -> streams.put(id, stream(a[1]).mapValues(v -> change(a[0], v)));
            case "mapValuesK" -> streams.put(id, stream(a[0]).mapValues((k, v) -> cut(or(k, "~") + ":" + or(v, "~"))));
            case "map" -> streams.put(id, stream(a[2]).map((k, v) -> KeyValue.pair(key(a[0], k, v), change(a[1], v))));
            case "selectKey" -> streams.put(id, stream(a[1]).selectKey((k, v) -> key(a[0], k, v)));
            case "flatMap" -> streams.put(id, stream(a[1]).flatMap((k, v) -> hash(v) % 3 == 0 ? List.of()
                : List.of(KeyValue.pair(k, v), KeyValue.pair(key(a[0], k, v), change("app", v)))));
            case "flatMapValues" -> streams.put(id, stream(a[0]).flatMapValues(v -> hash(v) % 3 == 0 ? List.of()
                : Arrays.asList(v, change("app", v))));
            case "merge" -> streams.put(id, stream(a[0]).merge(stream(a[1])));
            case "split" -> split(id, a);
            case "processValues" -> streams.put(id, stream(a[0]).processValues(Values::new));
            case "process" -> streams.put(id, stream(a[0]).process(Records::new));
            case "repartition" -> streams.put(id, stream(a[0]).repartition());
            case "toTable" -> tables.put(id, a[0].equals("store")
                ? stream(a[1]).toTable(Materialized.as(id + "-store")) : stream(a[1]).toTable());
            case "toStream" -> streams.put(id, table(a[0]).toStream());
            case "agg" -> tables.put(id, aggregate(a[0], a[1].equals("cached"), group(a[2], stream(a[3]))));
            case "wagg" -> windowed.put(id, windows(a, group(a[4], stream(a[5]))));
            case "wfilter" -> windowed.put(id, windowed.get(a[1]).filter((k, v) -> test(a[0], k.key(), v)));
            case "wmap" -> windowed.put(id, windowed.get(a[1]).mapValues(v -> change(a[0], v)));
            case "wstream" -> streams.put(id, windowed.get(a[0]).toStream((k, v) ->
                k.key() + "[" + k.window().start() + "/" + k.window().end() + "]"));
            case "wkey" -> streams.put(id, windowed.get(a[0]).toStream((k, v) -> k.key()));
            case "tfilter" -> tables.put(id, a[1].equals("store")
                ? table(a[2]).filter((k, v) -> test(a[0], k, v), Materialized.as(id + "-store"))
                : table(a[2]).filter((k, v) -> test(a[0], k, v)));
            case "tmap" -> tables.put(id, a[1].equals("store")
                ? table(a[2]).mapValues((k, v) -> change(a[0], v), Materialized.as(id + "-store"))
                : table(a[2]).mapValues((k, v) -> change(a[0], v)));
            case "tgroup" -> tables.put(id, regroup(a[0], a[1].equals("cached"), a[2], table(a[3])));
            case "ttjoin" -> tables.put(id, join(id, a[0], a[1].equals("store"), table(a[2]), table(a[3])));
            case "ssjoin" -> streams.put(id, join(a));
            case "stjoin" -> streams.put(id, a[0].equals("inner")
                ? stream(a[1]).join(table(a[2]), (v, t) -> pair(v, t)) : stream(a[1]).leftJoin(table(a[2]), (v, t) -> pair(v, t)));
            case "gjoin" -> streams.put(id, a[0].equals("inner")
                ? stream(a[2]).join(globals.get(a[3]), (k, v) -> key(a[1], k, v), (v, t) -> pair(v, t))
                : stream(a[2]).leftJoin(globals.get(a[3]), (k, v) -> key(a[1], k, v), (v, t) -> pair(v, t)));
            case "fkjoin" -> tables.put(id, a[0].equals("inner")
                ? table(a[2]).join(table(a[3]), v -> key(a[1], null, v), (v, t) -> pair(v, t))
                : table(a[2]).leftJoin(table(a[3]), v -> key(a[1], null, v), (v, t) -> pair(v, t)));
            case "suppress" -> tables.put(id, table(a[1]).suppress(Suppressed.untilTimeLimit(
                Duration.ofMillis(Long.parseLong(a[0])), Suppressed.BufferConfig.unbounded())));
            case "wsuppress" -> windowed.put(id, windowed.get(a[0]).suppress(
                Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded())));
            case "cogroup" -> tables.put(id, group(a[1], stream(a[3])).cogroup(RandomPrograms::plus)
                .cogroup(group(a[2], stream(a[4])), (k, v, sum) -> cut(or(sum, "") + "*" + v))
                .aggregate(() -> null, cached(a[0].equals("cached"))));
            case "to" -> {
                stream(a[1]).to(a[0]);
                sinks.add(a[0]);
            }
            default -> throw new IllegalArgumentException(op);
        }
    }

    private void split(String id, String[] a) {
        Map<String, KStream<String, String>> branches = stream(a[2]).split(Named.as(id + "-"))
            .branch((k, v) -> test(a[0], k, v), Branched.as("1"))
            .branch((k, v) -> test(a[1], k, v), Branched.as("2"))
            .defaultBranch(Branched.as("3"));
        for (int i = 1; i <= 3; i++) streams.put(id + "." + i, branches.get(id + "-" + i));
    }

    private static KGroupedStream<String, String> group(String selector, KStream<String, String> stream) {
        return selector.equals("-") ? stream.groupByKey() : stream.groupBy((k, v) -> key(selector, k, v));
    }

    private static Materialized<String, String, KeyValueStore<Bytes, byte[]>> cached(boolean caching) {
        Materialized<String, String, KeyValueStore<Bytes, byte[]>> m = Materialized.with(TEXT, TEXT);
        return caching ? m.withCachingEnabled() : m.withCachingDisabled();
    }

    private static Materialized<String, Long, KeyValueStore<Bytes, byte[]>> counts(boolean caching) {
        Materialized<String, Long, KeyValueStore<Bytes, byte[]>> m = Materialized.with(TEXT, Serdes.Long());
        return caching ? m.withCachingEnabled() : m.withCachingDisabled();
    }

    private static KTable<String, String> aggregate(String kind, boolean caching, KGroupedStream<String, String> group) {
        return switch (kind) {
            case "count" -> group.count(counts(caching)).mapValues(RandomPrograms::number);
            case "concat" -> group.reduce(RandomPrograms::concat, cached(caching));
            case "max" -> group.reduce((x, y) -> x.compareTo(y) >= 0 ? x : y, cached(caching));
            case "fall" -> group.reduce((x, y) -> change("drop", concat(x, y)), cached(caching));
            case "add" -> group.aggregate(() -> null, RandomPrograms::plus, cached(caching));
            default -> throw new IllegalArgumentException(kind);
        };
    }

    private static KTable<String, String> regroup(String kind, boolean caching, String selector, KTable<String, String> table) {
        KGroupedTable<String, String> group = table.groupBy(
            (k, v) -> KeyValue.pair(key(selector, k, v), v), Grouped.with(TEXT, TEXT));
        return switch (kind) {
            case "count" -> group.count(counts(caching)).mapValues(RandomPrograms::number);
            case "concat" -> group.reduce(RandomPrograms::concat, (x, y) -> cut(x + "-" + y), cached(caching));
            case "add" -> group.aggregate(
                () -> null, RandomPrograms::plus, (k, v, sum) -> cut(or(sum, "") + "-" + v), cached(caching));
            default -> throw new IllegalArgumentException(kind);
        };
    }

    // kind caching windows emit grouping stream
    private static KTable<Windowed<String>, String> windows(String[] a, KGroupedStream<String, String> group) {
        boolean caching = a[1].equals("cached");
        String[] w = a[2].split(":");
        Duration size = Duration.ofMillis(w.length > 1 ? Long.parseLong(w[1]) : 1);
        Duration grace = Duration.ofMillis(w.length > 2 ? Long.parseLong(w[2]) : 0);
        EmitStrategy emit = a[3].equals("close") ? EmitStrategy.onWindowClose() : EmitStrategy.onWindowUpdate();
        if (w[0].equals("session")) {
            SessionWindowedKStream<String, String> sessions = group.windowedBy(SessionWindows.ofInactivityGapAndGrace(size, grace));
            return sessions(a[0], caching, a[3].equals("close") ? sessions.emitStrategy(emit) : sessions, a[3].equals("close"));
        }
        TimeWindowedKStream<String, String> windows = switch (w[0]) {
            case "tumbling" -> group.windowedBy(TimeWindows.ofSizeAndGrace(size, grace));
            case "hopping" -> group.windowedBy(
                TimeWindows.ofSizeAndGrace(size, grace).advanceBy(Duration.ofMillis(Long.parseLong(w[3]))));
            case "sliding" -> group.windowedBy(SlidingWindows.ofTimeDifferenceAndGrace(size, grace));
            case "unlimited" -> group.windowedBy(UnlimitedWindows.of());
            default -> throw new IllegalArgumentException(w[0]);
        };
        boolean close = a[3].equals("close");
        if (close) windows = windows.emitStrategy(emit);
        if (a[0].equals("count")) {
            Materialized<String, Long, WindowStore<Bytes, byte[]>> m = Materialized.with(TEXT, Serdes.Long());
            if (close) m = m.withRetention(KEPT);
            return windows.count(caching ? m.withCachingEnabled() : m.withCachingDisabled()).mapValues(RandomPrograms::number);
        }
        Materialized<String, String, WindowStore<Bytes, byte[]>> m = Materialized.with(TEXT, TEXT);
        if (close) m = m.withRetention(KEPT);
        m = caching ? m.withCachingEnabled() : m.withCachingDisabled();
        return a[0].equals("concat") ? windows.reduce(RandomPrograms::concat, m)
            : windows.aggregate(() -> null, RandomPrograms::plus, m);
    }

    private static KTable<Windowed<String>, String> sessions(
            String kind, boolean caching, SessionWindowedKStream<String, String> sessions, boolean close) {
        if (kind.equals("count")) {
            Materialized<String, Long, SessionStore<Bytes, byte[]>> m = Materialized.with(TEXT, Serdes.Long());
            if (close) m = m.withRetention(KEPT);
            return sessions.count(caching ? m.withCachingEnabled() : m.withCachingDisabled()).mapValues(RandomPrograms::number);
        }
        Materialized<String, String, SessionStore<Bytes, byte[]>> m = Materialized.with(TEXT, TEXT);
        if (close) m = m.withRetention(KEPT);
        m = caching ? m.withCachingEnabled() : m.withCachingDisabled();
        return kind.equals("concat") ? sessions.reduce(RandomPrograms::concat, m)
            : sessions.aggregate(() -> null, RandomPrograms::plus, (k, x, y) -> cut(or(x, "") + "&" + or(y, "")), m);
    }

    private static KTable<String, String> join(
            String id, String kind, boolean store, KTable<String, String> left, KTable<String, String> right) {
        Materialized<String, String, KeyValueStore<Bytes, byte[]>> m =
            store ? Materialized.<String, String, KeyValueStore<Bytes, byte[]>>as(id + "-store").withKeySerde(TEXT).withValueSerde(TEXT)
            : Materialized.with(TEXT, TEXT);
        return switch (kind) {
            case "inner" -> store ? left.join(right, RandomPrograms::pair, m) : left.join(right, RandomPrograms::pair);
            case "left" -> store ? left.leftJoin(right, RandomPrograms::pair, m) : left.leftJoin(right, RandomPrograms::pair);
            default -> store ? left.outerJoin(right, RandomPrograms::pair, m) : left.outerJoin(right, RandomPrograms::pair);
        };
    }

    // kind before after grace left right
    private KStream<String, String> join(String[] a) {
        JoinWindows windows = JoinWindows.ofTimeDifferenceAndGrace(
            Duration.ofMillis(Long.parseLong(a[1])), Duration.ofMillis(Long.parseLong(a[3])))
            .after(Duration.ofMillis(Long.parseLong(a[2])));
        KStream<String, String> left = stream(a[4]);
        KStream<String, String> right = stream(a[5]);
        return switch (a[0]) {
            case "inner" -> left.join(right, RandomPrograms::pair, windows);
            case "left" -> left.leftJoin(right, RandomPrograms::pair, windows);
            default -> left.outerJoin(right, RandomPrograms::pair, windows);
        };
    }

    private KStream<String, String> stream(String id) {
        return streams.get(id);
    }

    private KTable<String, String> table(String id) {
        return tables.get(id);
    }

    // The functions, as in Functions.cs.

    private static boolean test(String name, String key, String value) {
        return switch (name) {
            case "even" -> value != null && value.length() % 2 == 0;
            case "low" -> key != null && key.compareTo("b") < 0;
            case "some" -> value != null;
            case "most" -> hash(value) % 4 != 0;
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String change(String name, String value) {
        return switch (name) {
            case "app" -> value == null ? null : cut(value + "!");
            case "len" -> value == null ? null : "" + value.length();
            case "drop" -> hash(value) % 4 == 0 ? null : value;
            case "wake" -> or(value, "n");
            case "half" -> value == null ? null : value.substring(0, value.length() / 2);
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String key(String name, String key, String value) {
        return switch (name) {
            case "first" -> value == null || value.isEmpty() ? null : value.substring(0, 1);
            case "len" -> value == null ? null : "n" + value.length() % 3;
            case "swap" -> key == null ? "c" : key.equals("a") ? "b" : key.equals("b") ? "a" : key;
            case "one" -> "one";
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static String plus(String key, String value, String sum) {
        return cut(or(sum, "") + "+" + or(value, "~"));
    }

    private static String concat(String first, String second) {
        return cut(or(first, "") + or(second, ""));
    }

    private static String pair(String left, String right) {
        return cut("(" + or(left, "-") + "," + or(right, "-") + ")");
    }

    private static String number(Long count) {
        return count == null || count == 0 ? null : "" + count;
    }

    private static String or(String text, String other) {
        return text == null ? other : text;
    }

    private static int hash(String text) {
        return text == null ? 0 : text.hashCode() & 0x7fffffff;
    }

    // Texts that grow with every record would fill the memory; the hash tells two of them apart.
    private static String cut(String text) {
        return text.length() <= 20 ? text : text.substring(0, 6) + "~" + hash(text) % 100_000;
    }

    private static String text(String text) {
        return text.equals("_") ? null : text;
    }

    private static final class Values extends org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor<String, String, String> {
        @Override
        public void process(org.apache.kafka.streams.processor.api.FixedKeyRecord<String, String> record) {
            context().forward(record.withValue(cut(or(record.value(), "~") + "@" + record.timestamp() % 100)));
        }
    }

    private static final class Records
            extends org.apache.kafka.streams.processor.api.ContextualProcessor<String, String, String, String> {
        @Override
        public void process(org.apache.kafka.streams.processor.api.Record<String, String> record) {
            context().forward(record.withValue(cut(or(record.value(), "~") + "@" + record.timestamp() % 100)));
        }
    }
}
