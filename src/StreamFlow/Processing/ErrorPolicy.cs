using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;
using StreamFlow.Clients;
using StreamFlow.Records;
using StreamFlow.State;

namespace StreamFlow.Processing;

/// <summary>Asks the configured handlers about failed records and carries the answer out.</summary>
internal sealed class ErrorPolicy
{
    private readonly ErrorHandler _deserialization;
    private readonly ErrorHandler _processing;
    private readonly ErrorHandler _production;

    public ErrorPolicy(
        ErrorHandler deserialization, ErrorHandler processing, ErrorHandler production, string? deadLetterTopic,
        ErrorResponse deadLetterFallback = ErrorResponse.Fail)
    {
        _deserialization = deserialization;
        _processing = processing;
        _production = production;
        DeadLetters = deadLetterTopic is null ? null : new DeadLetters(deadLetterTopic, deadLetterFallback);
    }

    /// <summary>The answer of those who have not thought about it.</summary>
    public static ErrorHandler Fails { get; } = static (in ErrorContext _) => ErrorResponse.Fail;

    private static ErrorHandler Continues { get; } = static (in ErrorContext _) => ErrorResponse.Continue;

    private static ErrorHandler SendsDeadLetters { get; } = static (in ErrorContext _) => ErrorResponse.DeadLetter;

    /// <summary>The handler that always answers a response that is set, or else the one that decides.</summary>
    public static ErrorHandler Of(ErrorResponse? response, ErrorHandler handler) => response switch
    {
        ErrorResponse.Fail => Fails,
        ErrorResponse.Continue => Continues,
        ErrorResponse.DeadLetter => SendsDeadLetters,
        _ => handler,
    };

    /// <summary>What failed last.</summary>
    public RecordFailures Failures { get; } = new();

    /// <summary>Sends dead letters; null when there is no topic for them.</summary>
    public DeadLetters? DeadLetters { get; }

    /// <summary>Whether a record for which an operator's function throws may be left out.</summary>
    public bool MayLetThrough => !ReferenceEquals(_processing, Fails);

    /// <summary>
    /// Decides about a record at an operator: returns when it is to be left out (it is counted, logged and perhaps
    /// dead-lettered by then); throws when the thread is to stop.
    /// </summary>
    public void Handle<TKey, TValue>(
        TaskContext context, Node node, in Record<TKey, TValue> record, ErrorStage stage, Exception exception)
    {
        ThrowIfDecided(context, exception);
        var cause = stage == ErrorStage.Processing ? FailedRecord.Explain(in record, exception) : exception;
        Decide(context, Describe(context, node.Name, stage, cause) with { Record = FailedRecord.Of(in record) });
    }

    /// <summary>The same for an update of a table.</summary>
    public void Handle<TKey, TValue>(
        TaskContext context, Node node, in Record<TKey, Change<TValue>> record, ErrorStage stage, Exception exception)
    {
        ThrowIfDecided(context, exception);
        Decide(context, Describe(context, node.Name, stage, exception) with { Record = FailedRecord.Of(in record) });
    }

    /// <summary>
    /// The same for a function of one value of an update. What the function fails on, it has made nothing of: if the value before
    /// is such a one, that was told when it came, and there is nothing of it to be taken back. So it is told no second time, and the
    /// update is none the worse for it. Where no failure may be let through there can be no such value, and it is the record's
    /// failure like any other.
    /// </summary>
    public void HandleValue<TKey, TValue>(
        TaskContext context, Node node, in Record<TKey, Change<TValue>> record, bool isOld, Exception exception)
    {
        if (isOld && MayLetThrough && exception is not StreamsException)
        {
            context.OldValueFailed(exception, node);
        }
        else
        {
            Handle(context, node, in record, ErrorStage.Processing, exception);
        }
    }

    /// <summary>The same where no record is at hand.</summary>
    public void Handle(TaskContext context, Node node, ErrorStage stage, Exception exception) =>
        Handle(context, node.Name, stage, exception);

    /// <summary>The same for what is no operator, by its name.</summary>
    public void Handle(TaskContext context, string name, ErrorStage stage, Exception exception)
    {
        ThrowIfDecided(context, exception);
        Decide(context, Describe(context, name, stage, exception));
    }

    /// <summary>The same for a result whose topic does not exist or may not be written to.</summary>
    public void HandleRefused<TKey, TValue>(
        TaskContext context, Node node, KafkaClientException exception, in Record<TKey, TValue> record) =>
        Decide(
            context,
            Describe(context, node.Name, ErrorStage.Production, exception) with { Record = FailedRecord.Of(in record) });

    /// <summary>
    /// The same for a record that the client or the broker refused. Without the input record its dead letter is that record
    /// itself.
    /// </summary>
    public void HandleRefused(
        TaskContext context, string name, KafkaClientException exception, in ByteRecord result, Headers? headers, string topic) =>
        Decide(context, Describe(context, name, ErrorStage.Production, exception), in result, headers, topic);

    /// <summary>The same while the record that was serialized is at hand.</summary>
    public void HandleRefused<TKey, TValue>(
        TaskContext context, Node node, KafkaClientException exception, in Record<TKey, TValue> record, in ByteRecord result,
        Headers? headers, string topic) =>
        Decide(
            context,
            Describe(context, node.Name, ErrorStage.Production, exception) with { Record = FailedRecord.Of(in record) },
            in result,
            headers,
            topic);

    /// <summary>A row of a store cannot be written: its serde throws, or its changelog refuses it.</summary>
    public void HandleRow(TaskContext context, string store, Exception exception)
    {
        if (exception is KafkaClientException { Kind: KafkaErrorKind.Refused })
        {
            Decide(context, Describe(context, store, ErrorStage.Production, exception));
        }
        else
        {
            Handle(context, store, ErrorStage.Production, exception);
        }
    }

    /// <summary>The answer of the handler for a stage. One that throws fails the record: what it would have answered nobody knows.</summary>
    /// <param name="error">The failed record.</param>
    /// <param name="handlerFailure">What the handler threw; null when it answered.</param>
    public ErrorResponse Ask(in ErrorContext error, out Exception? handlerFailure)
    {
        var handler = error.Stage switch
        {
            ErrorStage.Deserialization => _deserialization,
            ErrorStage.Processing => _processing,
            ErrorStage.Production => _production,
            _ => throw new UnreachableException($"Unknown error stage {error.Stage}."),
        };
        handlerFailure = null;
        try
        {
            return handler(error);
        }
#pragma warning disable CA1031 // It is the user's; whatever it throws is told beside what it was asked about.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            handlerFailure = exception;
            return ErrorResponse.Fail;
        }
    }

    public static DropReason Reason(ErrorStage stage) => stage switch
    {
        ErrorStage.Deserialization => DropReason.Deserialization,
        ErrorStage.Processing => DropReason.Processing,
        _ => DropReason.Production,
    };

    /// <summary>
    /// A failure further down that a handler has decided about already, or a broken environment, in which no record would
    /// fare better, is thrown on.
    /// </summary>
    private static void ThrowIfDecided(TaskContext context, Exception exception)
    {
        if (exception is StreamsException)
        {
            context.Collector.Remember(exception);
            ExceptionDispatchInfo.Throw(exception);
        }
    }

    private void Decide(TaskContext context, in ErrorContext error) =>
        Decide(context, in error, default, null, null);

    private void Decide(
        TaskContext context, in ErrorContext error, in ByteRecord result, Headers? headers, string? resultTopic)
    {
        Failures.Add(in error, context.Time.GetUtcNow());
        var (name, stage) = (error.Operator, error.Stage);
        var response = Ask(in error, out var handlerFailure);
        if (handlerFailure is not null)
        {
            ThrowHandlerFailed(context, in error, handlerFailure);
        }

        // One that fails ends the thread, which logs it with all that is said here: a failure is told once.
        if (response != ErrorResponse.Fail && context.TellsFailure(name, Reason(stage)))
        {
            ProcessingLog.Failed(
                context.Logger, error.Exception, context.TaskId, name, stage, response,
                error.Topic, error.Partition, error.Offset);
        }

        switch (response)
        {
            case ErrorResponse.Continue:
                context.Metrics.Dropped(Reason(stage), name);
                return;
            case ErrorResponse.DeadLetter when DeadLetters is not null && error.HasSource:
                var raw = context.Record.Raw!;
                Count(context, in error, DeadLetters.Send(context, in error, Bytes(raw), raw.Headers));
                return;
            case ErrorResponse.DeadLetter when DeadLetters is not null && resultTopic is not null:
                Count(context, in error, DeadLetters.Send(context, in error, in result, headers, resultTopic));
                return;
            case ErrorResponse.DeadLetter when DeadLetters is not null && error.Offset < 0 && context.Punctuations is { } punctuations:
                // No record stands behind a punctuation. What failed, and when, is worth a letter all the same.
                Count(context, in error, DeadLetters.Send(context, in error, new() { Timestamp = punctuations.CalledAt }, null));
                return;
            default:
                ThrowFailed(context.Collector, in error, response);
                return;
        }
    }

    private static void Count(TaskContext context, in ErrorContext error, bool hasLetter) =>
        context.Metrics.Dropped(hasLetter ? DropReason.DeadLetter : Reason(error.Stage), error.Operator);

    private static ByteRecord Bytes(RawRecord source) => new()
    {
        Key = source.Key,
        HasKey = source.Key is not null,
        Value = source.Value,
        HasValue = source.Value is not null,
        Timestamp = source.Timestamp,
    };

    private static ErrorContext Describe(TaskContext context, string name, ErrorStage stage, Exception exception)
    {
        var record = context.Record;
        var error = new ErrorContext
        {
            Stage = stage,
            TaskId = context.TaskId,
            Operator = name,
            Exception = exception,
            Topic = record.Topic,
            Partition = record.Partition,
            Offset = record.Offset,
        };
        return record.Raw is { } raw ? error.With(raw) : error;
    }

    /// <summary>Both failures go into the log and into the exception, with the record that they are about.</summary>
    [DoesNotReturn]
    private static void ThrowHandlerFailed(TaskContext context, in ErrorContext error, Exception handlerFailure)
    {
        var both = new AggregateException(error.Exception, handlerFailure);
        ProcessingLog.HandlerFailed(
            context.Logger, both, context.TaskId, error.Operator, error.Stage, error.Topic, error.Partition, error.Offset,
            error.Exception.Message, handlerFailure.Message);
        var failure = new RecordFailedException(
            $"Task {error.TaskId}: {error.Operator} failed in {error.Stage} on {Where(in error)}: {Sentences.End(error.Exception.Message)} "
            + $"The handler that was to decide about it threw {handlerFailure.GetType().Name}: {Sentences.End(handlerFailure.Message)} "
            + $"Mend the {error.Stage}ErrorHandler: it must answer, whatever the record is.",
            in error,
            both);
        context.Collector.Remember(failure);
        throw failure;
    }

    /// <summary>The record that a failure concerns, for messages.</summary>
    public static string Where(in ErrorContext error) =>
        error.Offset >= 0 ? $"record {error.Topic}-{error.Partition} offset {error.Offset}" : "a record without an input";

    [DoesNotReturn]
    private static void ThrowFailed(RecordCollector collector, in ErrorContext error, ErrorResponse response)
    {
        var why = response == ErrorResponse.DeadLetter
            ? " The handler answered DeadLetter, but no dead letter topic is set or there is no input record to send."
            : string.Empty;
        var failure = new RecordFailedException(
            $"Task {error.TaskId}: {error.Operator} failed in {error.Stage} on {Where(in error)}: {Sentences.End(error.Exception.Message)}{why} "
            + $"Mend the record or the operator, or let {error.Stage}ErrorHandler answer Continue or DeadLetter; by configuration "
            + $"{error.Stage}Errors.",
            in error);
        collector.Remember(failure);
        throw failure;
    }
}
