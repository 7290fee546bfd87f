using StreamFlow.Clients;

namespace StreamFlow.Processing;

/// <summary>
/// Sends dead letters. One that is refused is sent again with less in it: shorter texts, no value, no large key, no headers of
/// the record's own, not its time. When even that is refused, one line of the log has what is left, and the fallback decides.
/// </summary>
/// <param name="topic">The dead letter topic.</param>
/// <param name="fallback">What is done about a record that has no dead letter then: Fail or Continue.</param>
internal sealed class DeadLetters(string topic, ErrorResponse fallback)
{
    private const int LogText = 1000;

    public string Topic => topic;

    /// <summary>Sends the bytes of a record, with headers that say what happened.</summary>
    /// <param name="task">The task.</param>
    /// <param name="error">The failure.</param>
    /// <param name="record">The input record, or the result where there is none.</param>
    /// <param name="headers">Its headers, or null.</param>
    /// <param name="resultTopic">The topic that the record was for, if it is a result.</param>
    /// <returns>False when it was refused whatever was left out of it, and the fallback is to go on.</returns>
    /// <exception cref="RecordFailedException">It was refused, and the fallback is to fail.</exception>
    public bool Send(TaskContext task, in ErrorContext error, in ByteRecord record, Headers? headers, string? resultTopic = null) =>
        Send(task, new DeadLetter(in error, in record, headers, resultTopic), in record);

    /// <summary>A letter that the producer had taken was refused: sends what else can be sent.</summary>
    /// <param name="task">The task; the record that the letter is due to is at hand.</param>
    /// <param name="letter">The letter.</param>
    /// <param name="refused">What was refused.</param>
    /// <param name="refusal">Why.</param>
    /// <param name="concernsTopic">Whether the topic would refuse everything.</param>
    /// <exception cref="RecordFailedException">Nothing else can be sent, and the fallback is to fail.</exception>
    public void SendLess(
        TaskContext task, DeadLetter letter, in ByteRecord refused, KafkaClientException refusal, bool concernsTopic)
    {
        var isSent = !concernsTopic && letter.TryCut(refusal.Message) ? Send(task, letter, in refused) : GiveUp(task, letter, refusal);
        if (!isSent)
        {
            task.Metrics.Dropped(ErrorPolicy.Reason(letter.Error.Stage), letter.Error.Operator);
        }
    }

    private bool Send(TaskContext task, DeadLetter letter, in ByteRecord record)
    {
        try
        {
            var target = task.Collector.ResultTopic(topic);
            letter.Partition ??= task.Collector.PartitionFor(target, record.Key, record.HasKey);
            while (!TrySend(task, letter, target, in record))
            {
                // It was refused at once, and is less now.
            }

            return true;
        }
        catch (KafkaClientException refusal) when (refusal.Kind == KafkaErrorKind.Refused)
        {
            return GiveUp(task, letter, refusal);
        }
    }

    private static bool TrySend(TaskContext task, DeadLetter letter, ProducerTopic target, in ByteRecord record)
    {
        try
        {
            var part = letter.Part(in record, task.Time.GetUtcNow().ToUnixTimeMilliseconds());
            task.Collector.Send(
                task, letter.Error.Operator, target, letter.Partition!.Value, in part, letter.ToHeaders(), letter);
            return true;
        }
        catch (KafkaClientException refusal) when (refusal.Kind == KafkaErrorKind.Refused && letter.TryCut(refusal.Message))
        {
            return false;
        }
    }

    private bool GiveUp(TaskContext task, DeadLetter letter, KafkaClientException refusal)
    {
        var error = letter.Error;
        ProcessingLog.DeadLetterLost(
            task.Logger, error.TaskId, error.Operator, error.Stage, error.Topic, error.Partition, error.Offset, letter.Timestamp,
            letter.Sizes, Sentences.End($"{error.Exception.GetType().FullName}: {OneLine(error.Exception.Message)}"), topic,
            Sentences.End(OneLine(refusal.Message)), fallback);
        if (fallback == ErrorResponse.Continue)
        {
            return false;
        }

        var failure = new RecordFailedException(
            $"Task {error.TaskId}: {error.Operator} failed in {error.Stage} on {ErrorPolicy.Where(in error)}: "
            + $"{Sentences.End(error.Exception.Message)} Its dead letter was refused too, even without value and headers: "
            + $"{Sentences.End(refusal.Message)} Mend the topic '{topic}' or its rights, or set DeadLetterFallback to Continue.",
            in error);
        task.Collector.Remember(failure);
        throw failure;
    }

    private static string OneLine(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= LogText ? line : $"{line.AsSpan(0, LogText)}...";
    }
}
