using Microsoft.Extensions.Logging;

namespace StreamFlow.Runtime;

/// <summary>Log messages of threads, tasks and the application.</summary>
internal static partial class RuntimeLog
{
    [LoggerMessage(100, LogLevel.Information, "Application {ApplicationId}: {From} -> {To}")]
    public static partial void StateChanged(ILogger logger, string applicationId, Enum from, Enum to);

    [LoggerMessage(103, LogLevel.Information, "Task {TaskId}: restoring store {Store}, changelog offsets {From} to {To}")]
    public static partial void RestoreStarted(ILogger logger, TaskId taskId, string store, long from, long to);

    [LoggerMessage(104, LogLevel.Information, "Task {TaskId}: store {Store} is restored, {Records} records applied")]
    public static partial void RestoreCompleted(ILogger logger, TaskId taskId, string store, long records);

    [LoggerMessage(105, LogLevel.Error, "{Thread}: restoring failed")]
    public static partial void RestoreFailed(ILogger logger, Exception exception, string thread);

    [LoggerMessage(106, LogLevel.Warning, "Task {TaskId}: its local state is unusable and is rebuilt from the changelog")]
    public static partial void TaskCorrupted(ILogger logger, Exception exception, TaskId taskId);

    [LoggerMessage(109, LogLevel.Critical, "{Thread}: died, answer {Response}")]
    public static partial void ThreadDied(ILogger logger, Exception exception, string thread, ThreadFailureResponse response);

    [LoggerMessage(110, LogLevel.Error, "{Thread}: closing failed")]
    public static partial void CloseFailed(ILogger logger, Exception exception, string thread);

    [LoggerMessage(111, LogLevel.Warning, "Deleting used-up records of internal topics failed; it is tried again")]
    public static partial void PurgeFailed(ILogger logger, Exception exception);

    [LoggerMessage(114, LogLevel.Error,
        "{Thread}: the position in {Partition} is not in the log; records may be lost or repeated. Going on at {Policy}")]
    public static partial void PositionReset(
        ILogger logger, Exception exception, string thread, TopicPartition partition, string policy);

    [LoggerMessage(121, LogLevel.Error,
        "{Thread}: the stores of task {TaskId} cannot be used now; they are opened again and restored from the changelog")]
    public static partial void StoresUnusable(ILogger logger, Exception exception, string thread, TaskId taskId);

    [LoggerMessage(112, LogLevel.Debug, "Task {TaskId}: running")]
    public static partial void TaskRunning(ILogger logger, TaskId taskId);

    [LoggerMessage(118, LogLevel.Warning, "{Thread}: the transaction could not be aborted; a new producer ends it")]
    public static partial void AbortFailed(ILogger logger, Exception exception, string thread);

    [LoggerMessage(119, LogLevel.Warning, "{Thread}: the transactional id could not be registered; it is tried again")]
    public static partial void RegistrationFailed(ILogger logger, Exception exception, string thread);

    [LoggerMessage(120, LogLevel.Debug, "{Thread}: a step of the transaction is tried again")]
    public static partial void TransactionRetried(ILogger logger, Exception exception, string thread);

    [LoggerMessage(122, LogLevel.Warning, "Application {ApplicationId} cannot start yet, and tries again: {Reason}")]
    public static partial void StartRetried(ILogger logger, string applicationId, string reason);

    [LoggerMessage(123, LogLevel.Warning,
        "Group {GroupId}: nobody has {Partitions}, for a static member was killed while it gave them up; a thread joins anew")]
    public static partial void PartitionsOrphaned(ILogger logger, string groupId, string partitions);

    [LoggerMessage(125, LogLevel.Warning,
        "Store {Store} is not restored further than to offset {Position} of {End} in {Changelog} since {Waited}. Either no "
        + "broker answers, or a transaction is open there; one that its producer or its timeout does not end has been left "
        + "hanging by a broker and must be aborted with kafka-transactions (find-hanging, abort)")]
    public static partial void RestoreStalled(
        ILogger logger, string store, TopicPartition changelog, long position, long end, TimeSpan waited);

    [LoggerMessage(170, LogLevel.Warning, "Task {TaskId}: {Change}. Check that what was written can be read as what it is now")]
    public static partial void StoreChanged(ILogger logger, TaskId taskId, string change);

    [LoggerMessage(171, LogLevel.Information,
        "Task {TaskId}: its local state is filled anew, because its form is another one now: {Changes}")]
    public static partial void StateOutdated(ILogger logger, TaskId taskId, string changes);

    [LoggerMessage(172, LogLevel.Warning,
        "Task {TaskId}: the local state of store {Store} is that of {Topics} with the id {Before}, which is {Now} now: made anew, or "
        + "of another cluster. The state is dropped, and rebuilt from what there is")]
    public static partial void StateOfOtherTopics(
        ILogger logger, TaskId taskId, string store, string topics, string before, string now);

    [LoggerMessage(173, LogLevel.Error,
        "{Thread}: the committed position {Offset} of {Partition} is that of a topic with the id {Before}, which is {Now} now: it was "
        + "made anew. The partition begins where the offset policy says")]
    public static partial void PositionOfOtherTopic(
        ILogger logger, string thread, TopicPartition partition, long offset, string before, string now);

    [LoggerMessage(175, LogLevel.Debug, "The configuration of topic {Topic} may not be read, so which settings the broker has is not known")]
    public static partial void ConfigNotSeen(ILogger logger, Exception exception, string topic);

    [LoggerMessage(176, LogLevel.Information,
        "Internal topic {Topic}: {Setting} is {Found}, by which the broker's clock would delete or refuse records; set to {Wanted}")]
    public static partial void TopicMended(ILogger logger, string topic, string setting, string found, string wanted);

    [LoggerMessage(177, LogLevel.Error,
        "Internal topic {Topic} has {Setting}={Found}, by which the broker's clock deletes or refuses records that are needed, and it "
        + "could not be changed. Set it with: kafka-configs --alter --entity-type topics --entity-name {Topic} --add-config {Setting}={Wanted}")]
    public static partial void TopicNotMended(
        ILogger logger, Exception exception, string topic, string setting, string found, string wanted);

    [LoggerMessage(116, LogLevel.Warning, "{Thread}: restoring is interrupted and goes on when the broker answers again")]
    public static partial void RestoreInterrupted(ILogger logger, Exception exception, string thread);

    [LoggerMessage(126, LogLevel.Warning,
        "{Thread}: the input record {Partition} offset {Offset} cannot be read again for its dead letter")]
    public static partial void SourceNotRead(
        ILogger logger, Exception exception, string thread, TopicPartition partition, long offset);

    [LoggerMessage(127, LogLevel.Debug, "How large a batch topic {Topic} takes cannot be read; its refusals tell")]
    public static partial void BatchLimitUnknown(ILogger logger, Exception exception, string topic);

    [LoggerMessage(190, LogLevel.Critical,
        "Application {ApplicationId}: its topics are not any more what the topology needs; it stops")]
    public static partial void TopicsDoNotFit(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(191, LogLevel.Information, "Topic {Topic} has {Count} partitions now, {Before} before")]
    public static partial void PartitionsChanged(ILogger logger, string topic, int count, int before);

    [LoggerMessage(192, LogLevel.Error,
        "The source topic {Topic} was deleted and made anew ({Before}, now {Id}). The positions of group {GroupId} are those of "
        + "the former one: what is before them in this one is not read. Stop the application and reset them with "
        + "kafka-consumer-groups --reset-offsets if records are missing")]
    public static partial void SourceMadeAnew(ILogger logger, string topic, string before, string id, string groupId);

    [LoggerMessage(262, LogLevel.Error,
        "The output topic {Topic} was deleted and made anew ({Before}, now {Id}): what was written to the former one is gone, and what was "
        + "on its way may be. Compute it again from the sources if it is needed")]
    public static partial void OutputMadeAnew(ILogger logger, string topic, string before, string id);

    [LoggerMessage(263, LogLevel.Warning,
        "Application {ApplicationId}: {Partition}. Its instance was killed or hangs; others get it when its session is over")]
    public static partial void NotRead(ILogger logger, string applicationId, string partition);

    [LoggerMessage(264, LogLevel.Information, "Application {ApplicationId}: {Partition} comes forward again")]
    public static partial void ReadAgain(ILogger logger, string applicationId, TopicPartition partition);

    [LoggerMessage(193, LogLevel.Error, "Application {ApplicationId}: {Problem}")]
    public static partial void ProblemSeen(ILogger logger, string applicationId, string problem);

    [LoggerMessage(174, LogLevel.Information, "Application {ApplicationId}: no more: {Problem}")]
    public static partial void ProblemGone(ILogger logger, string applicationId, string problem);

    [LoggerMessage(194, LogLevel.Warning, "Application {ApplicationId}: its topics and its group cannot be looked at; it is tried again")]
    public static partial void ClusterNotSeen(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(195, LogLevel.Information, "Application {ApplicationId}: all threads join anew, because tasks read other partitions now")]
    public static partial void AllJoinAnew(ILogger logger, string applicationId);

    [LoggerMessage(196, LogLevel.Warning,
        "{Thread}: task {TaskId} waits for {Member}, which still shares the tasks out by other topics and has to join anew")]
    public static partial void TaskHeldBack(ILogger logger, string thread, TaskId taskId, string member);

    [LoggerMessage(150, LogLevel.Warning,
        "Task {TaskId}: records of {Partition} from offset {From} to {To} took {Lasted}, longer than max.poll.interval.ms ({Interval}); "
        + "the group takes the partitions away, and what is not committed begins again. They are processed one by one now, and "
        + "one that takes so long again goes to the processing error handler")]
    public static partial void RunTooSlow(
        ILogger logger, TaskId taskId, TopicPartition partition, long from, long to, TimeSpan lasted, TimeSpan interval);

    [LoggerMessage(151, LogLevel.Error,
        "Task {TaskId}: the record {Partition} offset {Offset} took {Lasted}, longer than max.poll.interval.ms ({Interval}) for the "
        + "second time; when it comes again the processing error handler decides about it")]
    public static partial void RecordTooSlow(
        ILogger logger, TaskId taskId, TopicPartition partition, long offset, TimeSpan lasted, TimeSpan interval);

    [LoggerMessage(311, LogLevel.Warning, "Application {ApplicationId}: {Warning}")]
    public static partial void KeysMisplaced(ILogger logger, string applicationId, string warning);

    [LoggerMessage(337, LogLevel.Warning, "Application {ApplicationId}: {Warning}")]
    public static partial void BeginsEmpty(ILogger logger, string applicationId, string warning);

    [LoggerMessage(312, LogLevel.Warning,
        "Application {ApplicationId} does not use {What} any more. Was an operator added or taken away before one without a name of its "
        + "own? Generated names count the operators, so what it kept is not found under its new name, and it begins from nothing: give it "
        + "the name it had (Materialized.Name, Grouped.Name, StoreName; TopologyOptions.EnsureExplicitNames finds those without). If the "
        + "state is to be dropped, delete the topics and, while the application is stopped, the folders of these tasks with the file beside "
        + "each (what is used is restored), or reset the application. A topic of another application whose id "
        + "begins with {Prefix} is no matter")]
    public static partial void LeftOver(ILogger logger, string applicationId, string what, string prefix);

    [LoggerMessage(313, LogLevel.Debug,
        "Application {ApplicationId}: the topics cannot be listed, so whether some are not used any more is not known")]
    public static partial void LeftoversNotSeen(ILogger logger, Exception exception, string applicationId);

    [LoggerMessage(270, LogLevel.Information, "Topic {Topic} matches a pattern of application {ApplicationId}: it is read from its beginning on")]
    public static partial void TopicMatched(ILogger logger, string topic, string applicationId);

    [LoggerMessage(271, LogLevel.Warning,
        "Topic {Topic}, which application {ApplicationId} read because its name matches a pattern, does not exist any more: it is let go")]
    public static partial void TopicLetGo(ILogger logger, string topic, string applicationId);
}
