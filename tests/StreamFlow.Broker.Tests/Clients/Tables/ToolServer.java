import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's own tools one after the other, as they are, in one virtual machine: to start one costs more than all
 * that a tool does. A line of standard input is "CLASS base64(standard input) base64(argument)...", the line answered is
 * "EXIT-CODE base64(what it printed)". JOIN keeps a consumer in a group while tools look at it, until LEAVE.
 */
public final class ToolServer {
    private static final long DEADLINE_MS = 90_000;
    private static final List<Member> MEMBERS = new ArrayList<>();

    /** Instead of the end of the process. */
    private static final class Ended extends RuntimeException {
        Ended() {
            super("ended", null, false, false);
        }
    }

    public static void main(String[] args) throws Exception {
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            String[] words = line.split(" ");
            String[] rest = Arrays.stream(words).skip(1).map(ToolServer::decoded).toArray(String[]::new);
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            int code = run(words[0], rest, new PrintStream(output, true, StandardCharsets.UTF_8));
            answers.println(code + " " + Base64.getEncoder().encodeToString(output.toByteArray()));
            answers.flush();
        }
        System.exit(0);
    }

    private static String decoded(String word) {
        return new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8);
    }

    private static int run(String name, String[] words, PrintStream output) throws Exception {
        if (name.equals("JOIN")) {
            MEMBERS.add(new Member(words[1], words[2], words[3], words[4]));
            return 0;
        }
        if (name.equals("LEAVE")) {
            for (Member member : MEMBERS) {
                member.leave();
            }
            MEMBERS.clear();
            return 0;
        }
        AtomicInteger code = new AtomicInteger(Integer.MIN_VALUE);
        Exit.Procedure end = (status, message) -> {
            code.compareAndSet(Integer.MIN_VALUE, status);
            throw new Ended();
        };
        Exit.setExitProcedure(end);
        Exit.setHaltProcedure(end);
        List<Runnable> hooks = new CopyOnWriteArrayList<>();
        Exit.setShutdownHookAdder((hook, runnable) -> hooks.add(runnable));
        System.setIn(new ByteArrayInputStream(words[0].getBytes(StandardCharsets.UTF_8)));
        System.setOut(output);
        System.setErr(output);
        Method main = Class.forName(name).getMethod("main", String[].class);
        String[] arguments = Arrays.copyOfRange(words, 1, words.length);
        Thread thread = new Thread(() -> {
            call(main, arguments, code, output);
            hooks.forEach(Runnable::run);
        }, name);
        thread.setDaemon(true);
        thread.start();
        thread.join(DEADLINE_MS);
        if (thread.isAlive()) {
            output.println("(did not end)");
            thread.interrupt();
            thread.join(5_000);
            return -1;
        }
        return Math.max(0, code.get());
    }

    private static void call(Method main, String[] arguments, AtomicInteger code, PrintStream output) {
        try {
            main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof Ended)) {
                code.compareAndSet(Integer.MIN_VALUE, 1);
                output.println("Exception: " + e.getCause());
            }
        } catch (ReflectiveOperationException e) {
            code.compareAndSet(Integer.MIN_VALUE, 1);
            output.println("Exception: " + e);
        }
    }

    private static final class Member {
        private final KafkaConsumer<String, String> consumer;
        private final Thread thread;
        private volatile boolean stop;
        private volatile boolean there;

        Member(String server, String group, String topic, String protocol) throws InterruptedException {
            consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", server, "group.id", group, "group.protocol", protocol, "client.id", "member",
                    "enable.auto.commit", "false"),
                new StringDeserializer(), new StringDeserializer());
            consumer.subscribe(List.of(topic));
            thread = new Thread(this::poll);
            thread.setDaemon(true);
            thread.start();
            for (int i = 0; i < 600 && !there; i++) {
                Thread.sleep(100);
            }
        }

        private void poll() {
            while (!stop) {
                consumer.poll(java.time.Duration.ofMillis(200));
                there |= !consumer.assignment().isEmpty();
            }
            consumer.close();
        }

        void leave() throws InterruptedException {
            stop = true;
            thread.join();
        }
    }
}
