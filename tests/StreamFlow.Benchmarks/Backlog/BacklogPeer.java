import java.time.Duration;
import java.util.*;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.*;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Kafka Streams doing what BacklogRun.cs does, on the same topic and broker: rekeys, repartitions and counts in windows, with stores in
 * memory. Prints how many records came through the repartition topic and how many were late.
 * Arguments: bootstrap servers, topic, application id, threads, records.
 */
public class BacklogPeer {
    public static void main(String[] arguments) throws Exception {
        long records = Long.parseLong(arguments[4]);
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("application.id", arguments[2]);
        settings.put("num.stream.threads", arguments[3]);
        settings.put("auto.offset.reset", "earliest");
        settings.put("state.dir", System.getProperty("java.io.tmpdir") + "/" + arguments[2]);
        var counted = new java.util.concurrent.atomic.AtomicLong();
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(arguments[1], Consumed.with(Serdes.Long(), Serdes.Long()))
            .selectKey((key, value) -> value & 1023)
            .repartition(Repartitioned.with(Serdes.Long(), Serdes.Long()))
            .peek((key, value) -> counted.incrementAndGet())
            .groupByKey(Grouped.with(Serdes.Long(), Serdes.Long()))
            .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofMinutes(10), Duration.ofMinutes(1)))
            .count(Materialized.<Long, Long, WindowStore<Bytes, byte[]>>with(Serdes.Long(), Serdes.Long())
                .withStoreType(Materialized.StoreType.IN_MEMORY));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings);
        streams.start();
        long began = System.nanoTime();
        while (counted.get() < records && System.nanoTime() - began < 180_000_000_000L) {
            Thread.sleep(50);
        }

        // The drops of the last records are counted a moment after they came by.
        Thread.sleep(1000);
        double late = 0;
        for (Metric metric : streams.metrics().values()) {
            if (metric.metricName().name().equals("dropped-records-total")) {
                late += (Double) metric.metricValue();
            }
        }

        System.out.println("counted " + counted.get() + " late " + (long) late);
        streams.close(Duration.ofSeconds(30));
        System.exit(0);
    }
}
