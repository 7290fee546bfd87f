using StreamFlow.Clients;

namespace StreamFlow.Kafka.Interop;

/// <summary>Headers to librdkafka and back.</summary>
internal static unsafe class NativeHeaders
{
    /// <summary>Headers for a record to be sent; they belong to librdkafka once it has taken the record.</summary>
    internal static nint Create(Headers headers)
    {
        var native = NativeMethods.rd_kafka_headers_new((nuint)headers.Count);
        for (var i = 0; i < headers.Count; i++)
        {
            var (key, value) = headers[i];
            fixed (byte* bytes = value)
            fixed (byte* nonNull = "\0"u8)
            {
                var pointer = value is null ? null : bytes == null ? nonNull : bytes;
                var code = NativeMethods.rd_kafka_header_add(native, key, -1, pointer, value?.Length ?? 0);
                if (code != 0)
                {
                    NativeMethods.rd_kafka_headers_destroy(native);
                    throw Errors.Exception(
                        $"Header '{key}' cannot be added", NativeError.Of(code), KafkaErrorKind.Refused);
                }
            }
        }

        return native;
    }

    /// <summary>The headers of a message, copied; null when it has none.</summary>
    internal static Headers? Read(NativeMessage* message)
    {
        nint headers;
        if (NativeMethods.rd_kafka_message_headers(message, &headers) != 0)
        {
            return null;
        }

        var items = new Header[(int)NativeMethods.rd_kafka_header_cnt(headers)];
        for (var i = 0; i < items.Length; i++)
        {
            byte* name;
            byte* value;
            nuint size;
            if (NativeMethods.rd_kafka_header_get_all(headers, (nuint)i, &name, &value, &size) != 0)
            {
                throw new KafkaClientException(
                    $"The headers of the record at offset {message->Offset} cannot be parsed.", KafkaErrorKind.Fatal);
            }

            items[i] = new Header(
                NativeError.Utf8(name)!, value == null ? null : new ReadOnlySpan<byte>(value, (int)size).ToArray());
        }

        return items.Length == 0 ? null : new Headers(items);
    }
}
