import java.lang.reflect.Field;
import java.lang.reflect.ParameterizedType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Prints what Apache Kafka's own classes write: every version of every message that StreamFlow.Protocol has, once with every
 * field filled by a rule and once with as little in it as the version allows. A line is: message, version, "filled" or
 * "empty", bytes. The rule is that of Fill.cs: a value follows from the type of a field and from its path.
 */
public class GoldenBytes {
    private static final String COMMON = "org.apache.kafka.common.message.";
    private static final String GROUP = "org.apache.kafka.coordinator.group.generated.";
    private static final String TRANSACTION = "org.apache.kafka.coordinator.transaction.generated.";

    public static void main(String[] names) throws Exception {
        for (ApiKeys key : ApiKeys.values()) {
            ApiMessageType type = key.messageType;
            if (type.listeners().contains(ApiMessageType.ListenerType.BROKER) && !type.name.contains("Share") && !type.name.contains("Streams")) {
                print(type.newRequest().getClass(), type.name + "Request");
                print(type.newResponse().getClass(), type.name + "Response");
            }
        }
        print(Class.forName(COMMON + "RequestHeaderData"), "RequestHeader");
        print(Class.forName(COMMON + "ResponseHeaderData"), "ResponseHeader");
        for (String name : names) {
            String of = name.startsWith("TransactionLog") ? TRANSACTION
                : name.startsWith("ConsumerProtocol") || name.startsWith("EndTxn") ? COMMON : GROUP;
            print(Class.forName(of + name), name);
        }
    }

    private static void print(Class<?> type, String name) throws Exception {
        short from = type.getField("LOWEST_SUPPORTED_VERSION").getShort(null);
        short to = type.getField("HIGHEST_SUPPORTED_VERSION").getShort(null);
        for (short version = from; version <= to; version++) {
            for (boolean filled : new boolean[] {true, false}) {
                Message message = (Message) make(type, version, "", filled);
                ByteBuffer bytes = MessageUtil.toByteBufferAccessor(message, version).buffer();
                byte[] written = new byte[bytes.remaining()];
                bytes.get(written);
                System.out.println(name + " " + version + (filled ? " filled " : " empty ") + HexFormat.of().formatHex(written));
            }
        }
    }

    private static Object make(Class<?> type, short version, String path, boolean filled) throws Exception {
        Object made = type.getConstructor().newInstance();
        Schema schema = ((Schema[]) type.getField("SCHEMAS").get(null))[version];
        for (BoundField bound : schema.fields()) {
            if (bound.def.type instanceof TaggedFields tags) {
                for (Map.Entry<Integer, org.apache.kafka.common.protocol.types.Field> tag : new TreeMap<>(tags.fields()).entrySet()) {
                    set(made, tag.getValue().name, tag.getValue().type, version, path, filled);
                }
            } else {
                set(made, bound.def.name, bound.def.type, version, path, filled);
            }
        }
        return made;
    }

    private static void set(Object in, String name, Type type, short version, String path, boolean filled) throws Exception {
        String plain = name.replace("_", "");
        for (Field field : in.getClass().getDeclaredFields()) {
            if (field.getName().equalsIgnoreCase(plain)) {
                field.setAccessible(true);
                if (filled) {
                    field.set(in, value(field, type, version, (path + plain).toLowerCase(java.util.Locale.ROOT), path.isEmpty() ? 2 : 1));
                } else if (type.isNullable()) {
                    field.set(in, null);
                }
                return;
            }
        }
        throw new IllegalStateException(in.getClass() + " has no field " + name);
    }

    @SuppressWarnings("unchecked")
    private static Object value(Field field, Type type, short version, String path, int count) throws Exception {
        if (type.arrayElementType().isPresent()) {
            Type element = type.arrayElementType().get();
            Collection<Object> items = Collection.class.isAssignableFrom(field.getType()) && field.getType() != java.util.List.class
                ? (Collection<Object>) field.getType().getConstructor().newInstance() : new ArrayList<>();
            for (int i = 0; i < count; i++) {
                items.add(element instanceof Schema ? make(elementClass(field), version, path + i, true) : primitive(element, path + i, false));
            }
            return items;
        }
        return type instanceof Schema ? make(field.getType(), version, path, true) : primitive(type, path, field.getType() == ByteBuffer.class);
    }

    private static Class<?> elementClass(Field field) {
        java.lang.reflect.Type list = field.getType() == java.util.List.class ? field.getGenericType() : field.getType().getGenericSuperclass();
        return (Class<?>) ((ParameterizedType) list).getActualTypeArguments()[0];
    }

    private static Object primitive(Type type, String path, boolean buffer) {
        int hash = hash(path);
        long wide = hash * 0x9E3779B97F4A7C15L;
        byte[] bytes = {(byte) hash, (byte) (hash >> 8), (byte) (hash >> 16)};
        String name = type.toString();
        if (name.endsWith("RECORDS")) {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes));
        }
        if (name.endsWith("BYTES")) {
            return buffer ? ByteBuffer.wrap(bytes) : bytes;
        }
        if (name.endsWith("STRING")) {
            return "\u00e9" + (hash & 0xFFF);
        }
        return switch (name) {
            case "BOOLEAN" -> (hash & 1) != 0;
            case "INT8" -> (byte) hash;
            case "INT16" -> (short) hash;
            case "UINT16" -> hash & 0xFFFF;
            case "INT32" -> hash;
            case "INT64" -> wide;
            case "FLOAT64" -> hash / 8.0;
            case "UUID" -> new Uuid(wide, ~wide);
            default -> throw new IllegalStateException(name);
        };
    }

    /** FNV-1a of 32 bits. */
    private static int hash(String path) {
        int hash = 0x811C9DC5;
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b) * 0x01000193;
        }
        return hash;
    }
}
