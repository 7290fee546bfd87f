using System.Runtime.InteropServices;

namespace StreamFlow.Kafka.Interop;

/// <summary>An error that librdkafka answered, copied out of its memory.</summary>
/// <param name="Code">Kafka's or librdkafka's code.</param>
/// <param name="Text">What librdkafka says about it.</param>
/// <param name="IsFatal">Whether the client is unusable from now on.</param>
/// <param name="IsRetriable">Whether the same call may be made again.</param>
/// <param name="RequiresAbort">Whether the transaction at hand must be aborted.</param>
internal readonly record struct NativeError(
    ErrorCode Code, string Text, bool IsFatal = false, bool IsRetriable = false, bool RequiresAbort = false)
{
    internal static NativeError None { get; } = new(ErrorCode.None, string.Empty);

    internal bool IsError => Code != ErrorCode.None;

    /// <summary>Copies an error object and destroys it; null is success.</summary>
    internal static unsafe NativeError Take(nint error)
    {
        if (error == 0)
        {
            return None;
        }

        var result = new NativeError(
            (ErrorCode)NativeMethods.rd_kafka_error_code(error),
            Utf8(NativeMethods.rd_kafka_error_string(error)) ?? string.Empty,
            NativeMethods.rd_kafka_error_is_fatal(error) != 0,
            NativeMethods.rd_kafka_error_is_retriable(error) != 0,
            NativeMethods.rd_kafka_error_txn_requires_abort(error) != 0);
        NativeMethods.rd_kafka_error_destroy(error);
        return result;
    }

    /// <summary>The error for a bare code.</summary>
    internal static unsafe NativeError Of(int code) =>
        code == 0 ? None : new NativeError((ErrorCode)code, Utf8(NativeMethods.rd_kafka_err2str(code)) ?? string.Empty);

    /// <summary>Kafka's name of the code, such as ILLEGAL_GENERATION.</summary>
    internal static unsafe string Name(ErrorCode code) => Utf8(NativeMethods.rd_kafka_err2name((int)code)) ?? "UNKNOWN";

    internal static unsafe string? Utf8(byte* text) => Marshal.PtrToStringUTF8((nint)text);
}
