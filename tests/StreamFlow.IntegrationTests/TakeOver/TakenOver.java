import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.*;

/**
 * A Kafka Streams application that StreamFlow takes over, and gives back: TakeOverTests.cs has the same topology. Runs until standard input
 * ends. Arguments: bootstrap servers, application id, state directory, processing guarantee.
 */
public class TakenOver {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("application.id", arguments[1]);
        settings.put("state.dir", arguments[2]);
        settings.put("processing.guarantee", arguments[3]);
        settings.put("default.key.serde", Serdes.StringSerde.class);
        settings.put("default.value.serde", Serdes.StringSerde.class);
        settings.put("auto.offset.reset", "earliest");
        settings.put("commit.interval.ms", "100");
        settings.put("main.consumer.session.timeout.ms", "6000");
        settings.put("topology.optimization", "none");
        KafkaStreams streams = new KafkaStreams(topology(), settings);
        streams.setStateListener((now, before) -> System.out.println("state " + now));
        streams.start();
        while (System.in.read() >= 0) {
        }

        streams.close(new KafkaStreams.CloseOptions().leaveGroup(true).timeout(Duration.ofSeconds(30)));
        System.exit(0);
    }

    static Topology topology() {
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, String> in = builder.stream("in");
        KTable<String, String> rows = builder.table("rows");
        in.groupByKey().count().toStream().mapValues(String::valueOf).to("counts");
        in.groupBy((key, value) -> value).reduce((one, other) -> one + "+").toStream().to("reduced");
        in.groupByKey()
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofSeconds(10), Duration.ofDays(1)))
            .count().toStream((key, count) -> key.key() + "@" + key.window().start()).mapValues(String::valueOf).to("windows");
        in.groupByKey()
            .windowedBy(SessionWindows.ofInactivityGapAndGrace(Duration.ofSeconds(3), Duration.ofDays(1)))
            .count().toStream((key, count) -> key.key() + "@" + key.window().start() + "-" + key.window().end())
            .mapValues(v -> v == null ? "gone" : v.toString()).to("sessions");
        in.leftJoin(rows, (value, row) -> value + "/" + row).to("joined");
        KStream<String, String> other = builder.stream("other");
        in.join(other, (one, another) -> one + "&" + another, JoinWindows.ofTimeDifferenceAndGrace(
            Duration.ofSeconds(5), Duration.ofDays(1))).to("paired");
        rows.groupBy((key, value) -> KeyValue.pair(value, key)).count().toStream().mapValues(String::valueOf).to("grouped");
        rows.leftJoin(builder.<String, String>table("targets"), value -> value, (value, target) -> value + ">" + target)
            .toStream().mapValues(v -> v == null ? "gone" : v).to("foreign");
        // A suppression needs serdes that are given, and options of the count would use a number up.
        in.groupByKey(Grouped.with(Serdes.String(), Serdes.String()))
            .windowedBy(TimeWindows.ofSizeWithNoGrace(Duration.ofSeconds(10)))
            .count()
            .suppress(Suppressed.untilWindowCloses(Suppressed.BufferConfig.unbounded()))
            .toStream((key, count) -> key.key() + "@" + key.window().start()).mapValues(String::valueOf).to("closed");
        in.groupByKey().<String>cogroup((key, value, sum) -> plus(sum, 1))
            .cogroup(other.groupByKey(), (key, value, sum) -> plus(sum, 1000))
            .aggregate(() -> "0").toStream().to("cogrouped");
        return builder.build();
    }

    static String plus(String sum, int one) {
        return String.valueOf(Integer.parseInt(sum) + one);
    }
}
