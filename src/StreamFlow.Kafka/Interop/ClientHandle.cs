using System.Runtime.InteropServices;
using System.Text;

namespace StreamFlow.Kafka.Interop;

/// <summary>rd_kafka_t: a producer or consumer with its threads.</summary>
internal sealed unsafe class ClientHandle : NativeHandle
{
    private const int ErrorTextSize = 512;
    private const int UnknownSetting = -2;
    private readonly GCHandle _callbacks;

    private ClientHandle(nint handle, GCHandle callbacks)
        : base(handle) => _callbacks = callbacks;

    /// <summary>Which of the settings librdkafka does not take, and what it says.</summary>
    internal static IReadOnlyList<RefusedSetting> Check(IEnumerable<KeyValuePair<string, string>> settings)
    {
        RdKafkaLibrary.EnsureUsable();
        var conf = NativeMethods.rd_kafka_conf_new();
        try
        {
            var refused = new List<RefusedSetting>();
            foreach (var (name, value) in settings)
            {
                if (Set(conf, name, value) is { } complaint)
                {
                    refused.Add(complaint);
                }
            }

            return refused;
        }
        finally
        {
            NativeMethods.rd_kafka_conf_destroy(conf);
        }
    }

    /// <summary>What this build of librdkafka can do, such as <c>sasl_gssapi</c>.</summary>
    internal static IReadOnlyList<string> Features()
    {
        RdKafkaLibrary.EnsureUsable();
        var conf = NativeMethods.rd_kafka_conf_new();
        try
        {
            var text = stackalloc byte[ErrorTextSize];
            nuint size = ErrorTextSize;
            return NativeMethods.rd_kafka_conf_get(conf, "builtin.features", text, &size) == 0
                ? (NativeError.Utf8(text) ?? string.Empty).Split(',', StringSplitOptions.TrimEntries)
                : [];
        }
        finally
        {
            NativeMethods.rd_kafka_conf_destroy(conf);
        }
    }

    internal static ClientHandle CreateConsumer(
        IEnumerable<KeyValuePair<string, string>> settings, ClientCallbacks callbacks) =>
        Create(NativeMethods.ConsumerType, settings, callbacks);

    internal static ClientHandle CreateProducer(
        IEnumerable<KeyValuePair<string, string>> settings, ClientCallbacks callbacks) =>
        Create(NativeMethods.ProducerType, settings, callbacks);

    /// <summary>The error that made the client unusable, if one did.</summary>
    internal NativeError FatalError()
    {
        var text = stackalloc byte[ErrorTextSize];
        var code = NativeMethods.rd_kafka_fatal_error(Pointer, text, ErrorTextSize);
        return code == 0
            ? NativeError.None
            : new NativeError((ErrorCode)code, NativeError.Utf8(text) ?? string.Empty, IsFatal: true);
    }

    /// <summary>Makes the client fetch and keep a topic's metadata.</summary>
    internal TopicHandle KeepTopic(string name)
    {
        var topic = NativeMethods.rd_kafka_topic_new(Pointer, name, 0);
        if (topic == 0)
        {
            throw Errors.Exception(
                $"Topic '{name}' cannot be used", NativeError.Of(NativeMethods.rd_kafka_last_error()));
        }

        return new TopicHandle(topic);
    }

    private protected override void Destroy(nint pointer)
    {
        // The owner has closed the consumer by then, or given up waiting for it: closing again could block for ever.
        NativeMethods.rd_kafka_destroy_flags(pointer, NativeMethods.NoConsumerClose);
        ((ClientCallbacks)_callbacks.Target!).Closed();
        _callbacks.Free();
    }

    private static ClientHandle Create(
        int type, IEnumerable<KeyValuePair<string, string>> settings, ClientCallbacks callbacks)
    {
        RdKafkaLibrary.EnsureUsable();
        var conf = NativeMethods.rd_kafka_conf_new();
        foreach (var (name, value) in settings)
        {
            if (Set(conf, name, value) is { } complaint)
            {
                NativeMethods.rd_kafka_conf_destroy(conf);
                throw new ArgumentException($"Setting '{name}': {complaint.Text}", nameof(settings));
            }
        }

        var callbacksHandle = GCHandle.Alloc(callbacks);
        NativeMethods.rd_kafka_conf_set_opaque(conf, GCHandle.ToIntPtr(callbacksHandle));
        NativeMethods.rd_kafka_conf_set_log_cb(conf, &ClientCallbacks.OnLog);
        if (type == NativeMethods.ConsumerType)
        {
            NativeMethods.rd_kafka_conf_set_rebalance_cb(conf, &ClientCallbacks.OnRebalance);
        }
        else
        {
            NativeMethods.rd_kafka_conf_set_events(conf, NativeMethods.DeliveryEvent);
        }

        var text = stackalloc byte[ErrorTextSize];
        var client = NativeMethods.rd_kafka_new(type, conf, text, ErrorTextSize);
        if (client == 0)
        {
            NativeMethods.rd_kafka_conf_destroy(conf);
            callbacksHandle.Free();
            throw new ArgumentException(
                $"librdkafka refuses the settings of client '{callbacks.ClientId}': {NativeError.Utf8(text)}",
                nameof(settings));
        }

        callbacks.Opened();
        return new ClientHandle(client, callbacksHandle);
    }

    /// <summary>Returns what librdkafka says against the setting, or null when it takes it.</summary>
    private static RefusedSetting? Set(nint conf, string name, string value)
    {
        var text = stackalloc byte[ErrorTextSize];
        var result = NativeMethods.rd_kafka_conf_set(conf, name, value, text, ErrorTextSize);
        return result == 0
            ? null
            : new RefusedSetting(name, value, IsKnown: result != UnknownSetting, NativeError.Utf8(text) ?? string.Empty);
    }
}

/// <summary>A setting that librdkafka does not take.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value.</param>
/// <param name="IsKnown">Whether there is a setting of that name, so that only the value is wrong.</param>
/// <param name="Text">What librdkafka says.</param>
internal readonly record struct RefusedSetting(string Name, string Value, bool IsKnown, string Text);
