using System.Globalization;
using System.Text;
using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>
/// What a dead letter is about, and what has been left out of it so that it fits. It holds no bytes of the record's key and value:
/// those that are refused come back with the refusal.
/// </summary>
internal sealed class DeadLetter
{
    private const int LongText = 4096;
    private const int ShortText = 200;
    private const int LargeKey = 1024;

    // Names of errors, as the clients give them.
    private const string PartitionReason = "UNKNOWN_PARTITION";
    private static readonly string[] TimeReasons = ["INVALID_TIMESTAMP", "INVALID_RECORD"];

    private readonly Headers _own;
    private readonly string? _resultTopic;
    private readonly int _keySize;
    private readonly int _valueSize;
    private Cut _cut;
    private bool _hasOwnTime;

    /// <param name="error">The failure.</param>
    /// <param name="record">The input record, or the result where there is none.</param>
    /// <param name="headers">Its headers, or null.</param>
    /// <param name="resultTopic">The topic that the record was for, if it is a result.</param>
    public DeadLetter(in ErrorContext error, in ByteRecord record, Headers? headers, string? resultTopic = null)
    {
        _resultTopic = resultTopic;
        Error = error with { HasSource = false, SourceKey = null, SourceValue = null, Record = null };
        _own = headers ?? Headers.Empty;
        _keySize = record.HasKey ? record.Key.Length : -1;
        _valueSize = record.HasValue ? record.Value.Length : -1;
        Timestamp = record.Timestamp;
    }

    /// <summary>How far a letter is cut down; each step includes those before it.</summary>
    private enum Cut
    {
        Nothing,
        Texts,
        Value,
        Key,
        Headers,
        MoreTexts,
    }

    /// <summary>The failure, without the record's bytes.</summary>
    public ErrorContext Error { get; }

    /// <summary>Time of the record.</summary>
    public long Timestamp { get; }

    /// <summary>Partition that its whole key asks for; null before it was sent first.</summary>
    public int? Partition { get; set; }

    /// <summary>Sizes of key, value and headers in bytes, for a log line.</summary>
    public string Sizes => string.Create(
        CultureInfo.InvariantCulture, $"key {_keySize}, value {_valueSize}, {_own.Count} headers {OwnSize} bytes");

    private long OwnSize => _own.Sum(header => (long)header.Key.Length + (header.Value?.Length ?? 0));

    /// <summary>
    /// Leaves out some more. Where the reason is the record's time (Kafka takes none that is an hour ahead) the letter has
    /// the time at which it is written; a reason that may be that one is met so too, when nothing else helps.
    /// </summary>
    /// <param name="refusal">Why it was refused.</param>
    /// <returns>False when there is nothing left to leave out.</returns>
    public bool TryCut(string refusal)
    {
        if (Partition > 0 && refusal.Contains(PartitionReason, StringComparison.Ordinal))
        {
            // The topic was made anew with fewer partitions; one it has.
            Partition = 0;
            return true;
        }

        if (!_hasOwnTime && TimeReasons.Any(reason => refusal.Contains(reason, StringComparison.Ordinal)))
        {
            return _hasOwnTime = true;
        }

        while (_cut < Cut.MoreTexts)
        {
            _cut++;
            var changes = _cut switch
            {
                Cut.Texts => Error.Exception.Message.Length > LongText || Error.Exception.ToString().Length > LongText,
                Cut.Value => _valueSize > 0,
                Cut.Key => _keySize > LargeKey,
                Cut.Headers => _own.Count > 0,
                _ => true,
            };
            if (changes)
            {
                return true;
            }
        }

        return !_hasOwnTime && (_hasOwnTime = true);
    }

    /// <summary>What is sent of the record.</summary>
    /// <param name="record">The record, as far as it is still there.</param>
    /// <param name="now">The time now, in milliseconds since 1970-01-01T00:00Z.</param>
    public ByteRecord Part(in ByteRecord record, long now)
    {
        var hasKey = record.HasKey && (_cut < Cut.Key || _keySize <= LargeKey);
        var hasValue = record.HasValue && _cut < Cut.Value;
        return new ByteRecord
        {
            Key = hasKey ? record.Key : default,
            HasKey = hasKey,
            Value = hasValue ? record.Value : default,
            HasValue = hasValue,
            Timestamp = _hasOwnTime ? now : Timestamp,
        };
    }

    /// <summary>
    /// Headers that say what happened (names as in KIP-1034), where and at what, and what was left out if anything was.
    /// </summary>
    public Headers ToHeaders()
    {
        var exception = Error.Exception;
        var headers = (_cut < Cut.Headers ? _own : Headers.Empty)
            .With("__streams.errors.exception", exception.GetType().FullName ?? exception.GetType().Name)
            .With("__streams.errors.message", Shorten(exception.Message, ShortText))
            .With("__streams.errors.stacktrace", Shorten(exception.ToString(), 0))
            .With("__streams.errors.topic", Error.Offset >= 0 ? Encoding.UTF8.GetBytes(Error.Topic) : null)
            .With("__streams.errors.partition", Text(Error.Partition))
            .With("__streams.errors.offset", Text(Error.Offset))
            .With("streamflow.errors.task", Error.TaskId.ToString())
            .With("streamflow.errors.operator", Error.Operator)
            .With("streamflow.errors.stage", Error.Stage.ToString());
        headers = Error.WaitedAt is null ? headers : headers.With("streamflow.errors.waited.at", Error.WaitedAt);

        // Its topic and offset are the input's all the same: whoever sends letters back must not take it for the input.
        headers = _resultTopic is null ? headers : headers.With("streamflow.errors.result", _resultTopic);
        return _cut == Cut.Nothing && !_hasOwnTime
            ? headers
            : headers
                .With("streamflow.errors.left.out", LeftOut())
                .With("streamflow.errors.key.size", Text(_keySize))
                .With("streamflow.errors.value.size", Text(_valueSize))
                .With("streamflow.errors.headers.size", Text(OwnSize))
                .With("streamflow.errors.timestamp", Text(Timestamp));
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private string LeftOut()
    {
        List<string> parts = [];
        if (_hasOwnTime)
        {
            parts.Add("timestamp");
        }

        if (_cut >= Cut.Value && _valueSize > 0)
        {
            parts.Add("value");
        }

        if (_cut >= Cut.Key && _keySize > LargeKey)
        {
            parts.Add("key");
        }

        if (_cut >= Cut.Headers && _own.Count > 0)
        {
            parts.Add("headers");
        }

        return parts.Count == 0 ? "text" : string.Join(',', parts);
    }

    private string Shorten(string text, int shortest)
    {
        var limit = _cut switch
        {
            Cut.Nothing => int.MaxValue,
            Cut.MoreTexts => shortest,
            _ => LongText,
        };
        if (text.Length <= limit)
        {
            return text;
        }

        var kept = limit > 0 && char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, kept)}... ({text.Length - kept} characters more)");
    }
}
