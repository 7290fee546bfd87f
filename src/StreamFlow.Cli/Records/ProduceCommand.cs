using System.CommandLine;
using System.Text;
using StreamFlow.Cli.Client;
using StreamFlow.Cli.Options;
using StreamFlow.Cli.Output;
using StreamFlow.Protocol;

namespace StreamFlow.Cli.Records;

/// <summary>produce: lines of the standard input become records.</summary>
internal sealed class ProduceCommand
{
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(5);

    private readonly Argument<string> _topic = new("topic") { Description = "Where the records go" };
    private readonly Option<string?> _separator = new("--key-separator", "-K") { Description = "A line is a key, this text, and a value (default: a line is a value)", HelpName = "text" };
    private readonly Option<string?> _key = new("--key") { Description = "The key of all records", HelpName = "text" };
    private readonly Option<ValueFormat> _keyFormat = Formats.Option("--key-format", "What keys are written as");
    private readonly Option<ValueFormat> _valueFormat = Formats.Option("--value-format", "What values are written as");
    private readonly Option<List<KeyValuePair<string, string>>> _headers = Values.Pairs("--header", "A header of all records; may be repeated");
    private readonly Option<bool> _jsonInput = new("--json-input")
    {
        Description = "A line is an object with key, value, headers, partition and timestamp, as 'consume --json' writes it",
    };

    private readonly Option<string?> _null = new("--null") { Description = "A value of this text deletes its key (a tombstone)", HelpName = "text" };
    private readonly Option<int?> _partition = Values.Number("--partition", 0, int.MaxValue, "The partition of all records (default: that of the key as Java's clients have it, murmur2)");
    private readonly Option<long?> _timestamp = Values.Time("--timestamp", "The time of all records (default: now)");
    private readonly Option<string?> _acks = Values.Word("--acks", ["0", "1", "all"], "When a record counts as sent (default: all)");
    private readonly Option<string?> _codec = Values.Word("--compression", [.. Codec.All.Select(static c => c.Name)], "How batches are compressed (default: none)");

    public static Command Create(Surroundings surroundings)
    {
        ProduceCommand command = new();
        return CommandParts.WithBroker(CommandParts.Leaf(
            "produce", "Send records, one per line of the standard input",
            [
                "echo 'o1:{\"cents\":1250}' | streamflow produce orders -K :",
                "streamflow produce counts --key-separator , --value-format long < counts.csv",
                "streamflow consume orders --from-beginning --until-end --json | streamflow produce copy --json-input",
                "echo 'o1:' | streamflow produce orders -K : --null ''              delete a key of a compacted topic",
            ],
            [
                command._topic, command._separator, command._key, command._keyFormat, command._valueFormat, command._headers, command._jsonInput, command._null,
                command._partition, command._timestamp, command._acks, command._codec,
            ],
            surroundings, command.RunAsync));
    }

    private async Task<int> RunAsync(CommandContext context)
    {
        InputRecords input = Input(context);
        await using Cluster cluster = context.Connect();
        RecordProducer producer = new(cluster, context.Get(_topic), new ProducerOptions
        {
            Acks = context.Get(_acks) switch { "0" => 0, "1" => 1, _ => -1 },
            Codec = Codec.All.First(c => c.Name == (context.Get(_codec) ?? "none")),
        });
        await producer.StartAsync(context.Cancelled).ConfigureAwait(false);
        long count = 0;
        try
        {
            count = await SendAsync(context, producer, input).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.Cancelled.IsCancellationRequested)
        {
            // Ctrl+C ends the input, as its end would: what was read is sent.
            await producer.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            return ExitCode.Interrupted;
        }

        if (context.IsJson)
        {
            Table table = new(new("Topic", "topic"), new("Records", "records", true));
            table.Add(context.Get(_topic), count);
            context.Show(table);
        }

        return ExitCode.Success;
    }

    /// <summary>Sends a batch when it is full, or when no more input is there for a moment.</summary>
    private static async Task<long> SendAsync(CommandContext context, RecordProducer producer, InputRecords input)
    {
        using StreamReader reader = new(context.Terminal.Input, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, 64 * 1024, leaveOpen: true);
        long number = 0;
        while (true)
        {
            Task<string?> next = reader.ReadLineAsync(context.Cancelled).AsTask();
            if (!next.IsCompleted && await Task.WhenAny(next, Task.Delay(Linger, context.Time, context.Cancelled)).ConfigureAwait(false) != next)
            {
                await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
            }

            try
            {
                // A terminal is read by a call that nothing gives up but its next line: that is left behind.
                if (await next.WaitAsync(context.Cancelled).ConfigureAwait(false) is not { } line)
                {
                    break;
                }

                await AddAsync(context, producer, input.Read(line, number + 1)).ConfigureAwait(false);
                number++;
            }
            catch (DecoderFallbackException exception)
            {
                await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
                throw new CommandException(
                    $"The input is not UTF-8 somewhere behind line {number}, up to which it was sent. Give bytes in hex or base64, with --key-format and --value-format.", ExitCode.Failed, exception);
            }
            catch (Exception exception) when (exception is CommandException or KafkaException { Error: ErrorCode.UnknownTopicOrPartition })
            {
                // What stands before a line that is wrong is sent.
                await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
                throw;
            }
        }

        await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
        return number;
    }

    private static async Task AddAsync(CommandContext context, RecordProducer producer, InputRecord record)
    {
        byte[] headers = RecordHeader.Encode(record.Headers);
        if (!producer.HasRoomFor(record.Partition, record.Key, (record.Key?.Length ?? 0L) + (record.Value?.Length ?? 0L) + headers.Length))
        {
            await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
        }

        if (producer.Add(record.Partition, record.Timestamp ?? context.Time.GetUtcNow().ToUnixTimeMilliseconds(), record.Key, record.Value, headers))
        {
            await producer.FlushAsync(context.Cancelled).ConfigureAwait(false);
        }
    }

    private InputRecords Input(CommandContext context)
    {
        if (context.Get(_key) is not null && context.Get(_separator) is not null)
        {
            throw new CommandException("--key and --key-separator both say what the key is; give one of them.", ExitCode.Usage);
        }

        if (context.Get(_separator) is "")
        {
            throw new CommandException("--key-separator is empty; give the text between key and value, such as :.", ExitCode.Usage);
        }

        return new InputRecords
        {
            Separator = context.Get(_separator),
            Key = context.Get(_key),
            KeyFormat = context.Get(_keyFormat)!,
            ValueFormat = context.Get(_valueFormat)!,
            Headers = [.. context.Get(_headers)!.Select(static h => new RecordHeader(h.Key, Encoding.UTF8.GetBytes(h.Value)))],
            IsJson = context.Get(_jsonInput),
            Null = context.Get(_null),
            Partition = context.Get(_partition),
            Timestamp = context.Get(_timestamp),
        };
    }
}
