import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.LogTruncationException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Reads partition 0 of topic t for ever and says what it read, and where a log was cut: see LostTailTests.cs. */
public final class LostTail {
    public static void main(String[] args) {
        Map<String, Object> config = Map.of(
            "bootstrap.servers", args[0], "auto.offset.reset", "none", "enable.auto.commit", "false",
            "reconnect.backoff.max.ms", "200");
        TopicPartition partition = new TopicPartition("t", 0);
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seek(partition, 0);
            while (true) {
                consumer.poll(Duration.ofMillis(200)).forEach(x -> System.out.println("READ " + x.offset() + " " + x.value()));
            }
        } catch (LogTruncationException e) {
            System.out.println("TRUNCATED at " + e.divergentOffsets().get(partition).offset());
        }
    }
}
