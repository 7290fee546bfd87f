import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.*;
import org.apache.kafka.common.serialization.*;

/** What Kafka's Java clients do with a broker: a line "feature TAB result" for each. See ClientTable.cs. */
public final class FeaturesJava {
    private static final Duration DEADLINE = Duration.ofSeconds(60);
    private static Properties settings = new Properties();
    private static String prefix;

    private interface Feature {
        void run() throws Exception;
    }

    public static void main(String[] args) throws Exception {
        prefix = args[0];
        try (var reader = Files.newBufferedReader(Path.of(System.getenv("CLIENT_PROPERTIES")))) {
            settings.load(reader);
        }
        Map<String, Feature> features = new LinkedHashMap<>();
        features.put("produce and consume, not compressed", () -> codec("none"));
        for (String name : List.of("gzip", "snappy", "lz4", "zstd")) {
            features.put(name, () -> codec(name));
        }
        features.put("keys and headers, empty and null", FeaturesJava::headers);
        features.put("group: join, rebalance, leave", () -> group("classic"));
        features.put("group of the consumer protocol", () -> group("consumer"));
        features.put("static member", FeaturesJava::fixedMember);
        features.put("commit, committed, seek", FeaturesJava::commits);
        features.put("offsets by time", FeaturesJava::times);
        features.put("idempotent producer", () -> produce(topic("idempotent", 1), 500, plain(), Map.of("enable.idempotence", "true")));
        features.put("transactions: commit, abort", () -> transactions(false));
        features.put("offsets in a transaction", () -> transactions(true));
        features.put("admin: topics", FeaturesJava::adminTopics);
        features.put("admin: configs", FeaturesJava::adminConfigs);
        features.put("admin: groups", FeaturesJava::adminGroups);
        features.put("admin: rules", FeaturesJava::adminRules);
        features.put("admin: users", FeaturesJava::adminUsers);
        features.put("TLS", () -> roundTrip("tls", tls("ssl"), 0));
        features.put("TLS with a client's certificate", () -> roundTrip("mtls", with(tls("mtls"), Map.of(
            "ssl.keystore.type", "PEM", "ssl.keystore.location", settings.getProperty("client"))), 0));
        features.put("SASL PLAIN", () -> roundTrip("plain", sasl("sasl", "PLAIN"), 0));
        features.put("SCRAM-SHA-256", () -> roundTrip("s256", sasl("sasl", "SCRAM-SHA-256"), 0));
        features.put("SCRAM-SHA-512", () -> roundTrip("s512", sasl("sasl", "SCRAM-SHA-512"), 0));
        features.put("OAUTHBEARER, signed token", () -> roundTrip("oauth", sasl("sasl", "OAUTHBEARER"), 0));
        features.put("re-authentication", () -> roundTrip("again", sasl("renewed", "SCRAM-SHA-512"), 3));
        List<String> wanted = List.of(args).subList(1, args.length);
        features.keySet().removeIf(name -> !wanted.isEmpty() && !wanted.contains(name));
        for (Map.Entry<String, Feature> feature : features.entrySet()) {
            String result = "ok";
            try {
                feature.getValue().run();
            } catch (Throwable e) {
                result = "FAILED " + String.valueOf(e).replace('\n', ' ');
            }
            System.out.println(feature.getKey() + "\t" + result);
            System.out.flush();
        }
        System.exit(0);
    }

    private static void check(boolean holds, Object otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    @SafeVarargs
    private static Map<String, Object> with(Map<String, ?>... parts) {
        Map<String, Object> all = new HashMap<>();
        for (Map<String, ?> part : parts) {
            all.putAll(part);
        }
        return all;
    }

    private static Map<String, Object> plain() {
        return Map.of("bootstrap.servers", settings.getProperty("plain"));
    }

    private static Map<String, Object> tls(String server) {
        return Map.of("bootstrap.servers", settings.getProperty(server), "security.protocol", "SSL",
            "ssl.truststore.type", "PEM", "ssl.truststore.location", settings.getProperty("ca"));
    }

    private static Map<String, Object> sasl(String server, String mechanism) {
        Map<String, Object> all = with(tls(server), Map.of("security.protocol", "SASL_SSL", "sasl.mechanism", mechanism));
        if (mechanism.equals("OAUTHBEARER")) {
            System.setProperty("org.apache.kafka.sasl.oauthbearer.allowed.urls", settings.getProperty("token-url"));
            all.put("sasl.oauthbearer.token.endpoint.url", settings.getProperty("token-url"));
            all.put("sasl.login.callback.handler.class", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginCallbackHandler");
            all.put("sasl.jaas.config", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
            // A token from a file, as a workload identity has it.
            all.put("sasl.oauthbearer.jwt.retriever.class", "org.apache.kafka.common.security.oauthbearer.FileJwtRetriever");
            return all;
        }
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        all.put("sasl.jaas.config", "org.apache.kafka.common.security." + module
            + " required username=\"alice\" password=\"wonderland\";");
        return all;
    }

    private static String topic(String name, int partitions) throws Exception {
        try (Admin admin = Admin.create(plain())) {
            admin.createTopics(List.of(new NewTopic(prefix + name, partitions, (short) 1))).all().get();
        }
        return prefix + name;
    }

    private static void produce(String topic, int count, Map<String, ?> common, Map<String, ?> more) throws Exception {
        try (var producer = new KafkaProducer<>(with(common, more), new StringSerializer(), new StringSerializer())) {
            var last = new ArrayList<java.util.concurrent.Future<RecordMetadata>>();
            for (int i = 0; i < count; i++) {
                var record = new ProducerRecord<>(topic, 0, 1000L * (i + 1), "" + i, ("v" + i).repeat(1 + i % 20));
                record.headers().add("h", new byte[] {-1}).add("n", null);
                last.add(producer.send(record));
            }
            for (var sent : last) {
                sent.get();
            }
        }
    }

    private static KafkaConsumer<String, String> consumer(String group, Map<String, ?> common, Map<String, ?> more) {
        return new KafkaConsumer<>(
            with(common, Map.of("group.id", prefix + group, "auto.offset.reset", "earliest", "enable.auto.commit", "false"), more),
            new StringDeserializer(), new StringDeserializer());
    }

    private static List<ConsumerRecord<String, String>> read(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> found = new ArrayList<>();
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (found.size() < count && System.nanoTime() < end) {
            consumer.poll(Duration.ofMillis(200)).forEach(found::add);
        }
        check(found.size() >= count, found.size() + " of " + count + " records");
        return found;
    }

    private static void codec(String name) throws Exception {
        String topic = topic("codec-" + name, 1);
        produce(topic, 500, plain(), Map.of("compression.type", name, "linger.ms", "5"));
        try (var consumer = consumer(topic, plain(), Map.of())) {
            consumer.subscribe(List.of(topic));
            int i = 0;
            for (var record : read(consumer, 500)) {
                check(record.key().equals("" + i) && record.value().equals(("v" + i).repeat(1 + i % 20)), record);
                i++;
            }
        }
    }

    private static void headers() throws Exception {
        String topic = topic("headers", 1);
        produce(topic, 1, plain(), Map.of());
        try (var producer = new KafkaProducer<>(plain(), new StringSerializer(), new StringSerializer())) {
            producer.send(new ProducerRecord<>(topic, null, null)).get();
            producer.send(new ProducerRecord<>(topic, "", "")).get();
        }
        try (var consumer = consumer(topic, plain(), Map.of())) {
            consumer.assign(List.of(new TopicPartition(topic, 0)));
            var records = read(consumer, 3);
            var headers = records.get(0).headers().toArray();
            check(headers[0].value()[0] == -1 && headers[1].value() == null, headers);
            check(records.get(1).key() == null && records.get(1).value() == null, records.get(1));
            check(records.get(2).key().isEmpty() && records.get(2).value().isEmpty(), records.get(2));
        }
    }

    private static final class Member extends Thread {
        private final KafkaConsumer<String, String> consumer;
        private volatile Set<TopicPartition> owned = Set.of();
        private volatile boolean stop;

        Member(String topic, Map<String, ?> more) {
            consumer = consumer(topic, plain(), more);
            consumer.subscribe(List.of(topic));
            setDaemon(true);
            start();
        }

        @Override
        public void run() {
            while (!stop) {
                consumer.poll(Duration.ofMillis(100));
                owned = Set.copyOf(consumer.assignment());
            }
            consumer.close();
        }

        void leave() throws InterruptedException {
            stop = true;
            join();
        }
    }

    private static void until(BooleanSupplier condition, String what) throws InterruptedException {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            check(System.nanoTime() < end, "did not happen: " + what);
            Thread.sleep(50);
        }
    }

    private static void group(String protocol) throws Exception {
        String topic = topic("group-" + protocol, 4);
        Map<String, String> more = protocol.equals("consumer")
            ? Map.of("group.protocol", protocol)
            : Map.of("session.timeout.ms", "6000", "heartbeat.interval.ms", "300");
        Member one = new Member(topic, more);
        until(() -> one.owned.size() == 4, "one owns all");
        Member two = new Member(topic, more);
        until(() -> one.owned.size() == 2 && two.owned.size() == 2, "they share");
        two.leave();
        until(() -> one.owned.size() == 4, "one owns all again");
        one.leave();
    }

    private static void fixedMember() throws Exception {
        String topic = topic("static", 2);
        for (String protocol : List.of("classic", "consumer")) {
            for (int i = 0; i < 2; i++) {
                Member member = new Member(topic, Map.of("group.instance.id", "i1", "group.protocol", protocol, "group.id", prefix + protocol));
                until(() -> member.owned.size() == 2, protocol + " owns all");
                member.leave();
            }
        }
    }

    private static void commits() throws Exception {
        String topic = topic("commits", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        produce(topic, 100, plain(), Map.of());
        try (var consumer = consumer(topic, plain(), Map.of())) {
            consumer.subscribe(List.of(topic));
            read(consumer, 10);
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(10, "m")));
            var committed = consumer.committed(Set.of(partition)).get(partition);
            check(committed.offset() == 10 && committed.metadata().equals("m"), committed);
        }
        try (var consumer = consumer(topic, plain(), Map.of())) {
            consumer.subscribe(List.of(topic));
            check(read(consumer, 1).get(0).offset() == 10, "it goes on at 10");
            consumer.seek(partition, 50);
            check(read(consumer, 1).get(0).offset() == 50, "it seeks to 50");
        }
    }

    private static void times() throws Exception {
        String topic = topic("times", 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        produce(topic, 100, plain(), Map.of());
        try (var consumer = consumer(topic, plain(), Map.of())) {
            check(consumer.offsetsForTimes(Map.of(partition, 50_500L)).get(partition).offset() == 50, "50 by time");
            check(consumer.endOffsets(Set.of(partition)).get(partition) == 100, "the end");
        }
        try (Admin admin = Admin.create(plain())) {
            check(admin.listOffsets(Map.of(partition, OffsetSpec.maxTimestamp())).all().get().get(partition).offset() == 99, "the newest");
        }
    }

    @SuppressWarnings("removal")
    private static void transactions(boolean offsets) throws Exception {
        String topic = topic("txn" + offsets, 1);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (var producer = new KafkaProducer<>(
            with(plain(), Map.of("transactional.id", prefix + offsets)), new StringSerializer(), new StringSerializer())) {
            producer.initTransactions();
            for (String name : List.of("a", "b", "c", "d")) {
                producer.beginTransaction();
                producer.send(new ProducerRecord<>(topic, name));
                if (offsets) {
                    // Without a member, as a client that assigns itself.
                    producer.sendOffsetsToTransaction(
                        Map.of(partition, new OffsetAndMetadata(name.charAt(0) - 'a' + 1)), new ConsumerGroupMetadata(prefix + topic));
                }
                if (name.equals("b") || name.equals("d")) {
                    producer.commitTransaction();
                } else {
                    producer.abortTransaction();
                }
            }
        }
        try (var consumer = consumer(topic, plain(), Map.of("isolation.level", "read_committed"))) {
            if (offsets) {
                check(consumer.committed(Set.of(partition)).get(partition).offset() == 4, "4 is committed");
            }
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            var records = read(consumer, 2);
            check(records.get(0).value().equals("b") && records.get(1).value().equals("d"), records);
        }
    }

    private static void adminTopics() throws Exception {
        String topic = topic("admin", 1);
        try (Admin admin = Admin.create(plain())) {
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all().get();
            check(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size() == 3, "3 partitions");
            admin.deleteTopics(List.of(topic)).all().get();
            check(!admin.listTopics().names().get().contains(topic), "it is gone");
        }
    }

    private static void adminConfigs() throws Exception {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, topic("configs", 1));
        try (Admin admin = Admin.create(plain())) {
            admin.incrementalAlterConfigs(Map.of(topic, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "12345"), AlterConfigOp.OpType.SET)))).all().get();
            check(admin.describeConfigs(List.of(topic)).all().get().get(topic).get("retention.ms").value().equals("12345"), "it is set");
        }
    }

    private static void adminGroups() throws Exception {
        String topic = topic("admin-groups", 1);
        String group = prefix + topic;
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Admin admin = Admin.create(plain()); var consumer = consumer(topic, plain(), Map.of())) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(5)));
            check(admin.listGroups().all().get().stream().anyMatch(x -> x.groupId().equals(group)), "it is listed");
            check(admin.describeConsumerGroups(List.of(group)).all().get().get(group).members().isEmpty(), "it is empty");
            admin.alterConsumerGroupOffsets(group, Map.of(partition, new OffsetAndMetadata(3))).all().get();
            var offsets = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
            check(offsets.get(partition).offset() == 3, offsets);
            admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all().get();
            admin.deleteConsumerGroups(List.of(group)).all().get();
            check(admin.listGroups().all().get().stream().noneMatch(x -> x.groupId().equals(group)), "it is gone");
        }
    }

    private static void adminRules() throws Exception {
        var rule = new AclBinding(
            new ResourcePattern(ResourceType.TOPIC, prefix + "rules", PatternType.PREFIXED),
            new AccessControlEntry("User:bob", "*", AclOperation.READ, AclPermissionType.ALLOW));
        try (Admin admin = Admin.create(plain())) {
            admin.createAcls(List.of(rule)).all().get();
            check(admin.describeAcls(rule.toFilter()).values().get().contains(rule), "it is listed");
            admin.deleteAcls(List.of(rule.toFilter())).all().get();
            check(admin.describeAcls(rule.toFilter()).values().get().isEmpty(), "it is gone");
        }
    }

    private static void adminUsers() throws Exception {
        try (Admin admin = Admin.create(plain())) {
            String user = prefix + "carol";
            admin.alterUserScramCredentials(List.of(
                new UserScramCredentialUpsertion(user, new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192), "secret"))).all().get();
            check(admin.describeUserScramCredentials(List.of(user)).all().get().containsKey(user), "there is one");
            admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(user, ScramMechanism.SCRAM_SHA_512))).all().get();
            try {
                admin.describeUserScramCredentials(List.of(user)).description(user).get();
                check(false, "it is gone");
            } catch (ExecutionException e) {
                check(e.getCause() instanceof org.apache.kafka.common.errors.ResourceNotFoundException, e);
            }
        }
    }

    /** Produces and consumes, and once more after so many seconds on the same connections. */
    private static void roundTrip(String name, Map<String, ?> common, int seconds) throws Exception {
        String topic = topic("secured-" + name, 1);
        try (var producer = new KafkaProducer<>(with(common), new StringSerializer(), new StringSerializer());
             var consumer = consumer(topic, common, Map.of())) {
            consumer.subscribe(List.of(topic));
            for (int i = 0; i < 2; i++) {
                producer.send(new ProducerRecord<>(topic, "v" + i)).get();
                check(read(consumer, 1).get(0).value().equals("v" + i), "it is read");
                for (int j = 0; j < seconds * 10; j++) {
                    consumer.poll(Duration.ofMillis(100));
                }
            }
        }
    }
}
