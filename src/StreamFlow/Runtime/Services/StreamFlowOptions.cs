using StreamFlow.Planning;
using StreamFlow.Processing;

namespace StreamFlow;

/// <summary>
/// Settings of one StreamFlow application. Checked as a whole by <see cref="Validate"/> before anything starts.
/// Names and defaults are those of Kafka Streams where it has the setting.
/// </summary>
public sealed partial record StreamFlowOptions
{
    private TimeSpan? _commitInterval;

    /// <summary>
    /// Name of the application: group id of its consumers, prefix of its internal topics and of its state folder.
    /// Letters, digits, <c>.</c>, <c>_</c> and <c>-</c>. Required.
    /// </summary>
    public string ApplicationId { get; set; } = string.Empty;

    /// <summary>Name shown by the broker and in logs; thread numbers are added.</summary>
    /// <value>Empty: the application id.</value>
    public string ClientId { get; set; } = string.Empty;

    /// <summary>Number of stream threads in this process.</summary>
    /// <value>1.</value>
    public int NumStreamThreads { get; set; } = 1;

    /// <summary>
    /// How often processed positions and state are committed; with exactly-once at least twice per
    /// <see cref="TransactionTimeout"/>.
    /// </summary>
    /// <value>30 seconds; 100 milliseconds with <see cref="ProcessingGuarantee.ExactlyOnce"/>.</value>
    public TimeSpan CommitInterval
    {
        get => _commitInterval ?? (ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce
            ? TimeSpan.FromMilliseconds(100)
            : TimeSpan.FromSeconds(30));
        set => _commitInterval = value;
    }

    /// <summary>How often a record takes effect when something fails (<c>processing.guarantee</c>).</summary>
    /// <value><see cref="ProcessingGuarantee.AtLeastOnce"/>.</value>
    public ProcessingGuarantee ProcessingGuarantee { get; set; } = ProcessingGuarantee.AtLeastOnce;

    /// <summary>
    /// When the broker aborts a transaction by itself (<c>transaction.timeout.ms</c>); with exactly-once only, and longer
    /// than <see cref="CommitInterval"/>. A commit gives up after three quarters of it.
    /// </summary>
    /// <value>10 seconds.</value>
    public TimeSpan TransactionTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a thread goes on trying when every attempt to commit a transaction fails, or when the stores of a task cannot
    /// be opened, written or restored, as on a full disk, the application's start when the broker does not answer, and how
    /// long threads are replaced that fail in a row (<c>task.timeout.ms</c>); then it fails.
    /// </summary>
    /// <value>5 minutes.</value>
    public TimeSpan TaskTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a thread may be at one record, punctuation, commit or call of a client before log, health and
    /// <see cref="ThreadStatus.Stalled"/> say so, with the record. Nothing is ended by it.
    /// </summary>
    /// <value>1 minute.</value>
    public TimeSpan ProgressTimeout { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Folder below which each application keeps its state, in a folder of its own.</summary>
    /// <value><c>streamflow-</c> and the user's name in the temporary folder; choose a lasting place in production.</value>
    public string StateDirectory { get; set; } = Runtime.StateDirectory.DefaultPath;

    /// <summary>
    /// Bytes of the record cache, shared by the threads (<c>statestore.cache.max.bytes</c>). Updates of one key between
    /// two commits are forwarded as one; 0 forwards each update at once.
    /// </summary>
    /// <value>10 MiB.</value>
    public long CacheMaxBytes { get; set; } = 10 * 1024 * 1024;

    /// <summary>
    /// Uncommitted bytes of one thread at which it commits without waiting for the interval; at most 1 GiB, because a commit is
    /// one batch of the state store.
    /// </summary>
    /// <value>64 MiB.</value>
    public long MaxUncommittedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// How long a task waits for an input partition that has reached its end before it goes on with the others
    /// (<c>max.task.idle.ms</c>). Zero waits only for records that are on the broker already; negative never waits.
    /// </summary>
    /// <value>Zero.</value>
    public TimeSpan MaxTaskIdle { get; set; } = TimeSpan.Zero;

    /// <summary>
    /// How far in event time a task may run ahead of the other tasks of its sub-topology on the same thread that still have
    /// records to process. So a thread works a backlog off nearly in order, and windows behind a repartition topic do not close
    /// before their records come. Choose less than the grace of your windows. A task waits at most five seconds for records
    /// that are on their way. Negative: each task goes as fast as it can.
    /// </summary>
    /// <value>10 seconds.</value>
    public TimeSpan MaxEventTimeSkew { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest wait for new records in one turn of the thread's loop (<c>poll.ms</c>).</summary>
    /// <value>100 milliseconds.</value>
    public TimeSpan PollTimeout { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Where to start topics that have no committed offset and say nothing themselves.</summary>
    /// <value><see cref="OffsetReset.Earliest"/>.</value>
    public OffsetReset DefaultOffsetReset { get; set; } = OffsetReset.Earliest;

    /// <summary>
    /// Whether threads with state on disk are static members of the group, by the identity that their state directory
    /// keeps: a process that was killed has its partitions back as soon as it is started again on the same folder, instead
    /// of after the session timeout (15 seconds by default). One that is stopped in order leaves the group at once.
    /// </summary>
    /// <value>True. Without state on disk there is nothing that outlives a process, and members are dynamic.</value>
    public bool StaticMembership { get; set; } = true;

    /// <summary>
    /// An identity of your own for static membership (<c>group.instance.id</c>); the thread's number is added. As with
    /// Kafka's own clients such a member keeps its place also when it is stopped in order, until the session timeout.
    /// Must differ from that of any other instance. Letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.
    /// </summary>
    /// <value>Empty: that of the state directory, see <see cref="StaticMembership"/>.</value>
    public string GroupInstanceId { get; set; } = string.Empty;

    /// <summary>
    /// What instances that run together say their topology is. Instances of one <see cref="ApplicationId"/> with other
    /// topologies are an error in log and health of each; two that give the same version are taken to have the same. Give one
    /// to both releases of a rolling upgrade that changes the topology only in ways that keep sub-topologies, stores and
    /// internal topics. At most 32 letters, digits, <c>_</c> and <c>-</c>.
    /// </summary>
    /// <value>Empty: a fingerprint of <c>Topology.Describe()</c> and of what stores are restored from.</value>
    public string TopologyVersion { get; set; } = string.Empty;

    /// <summary>
    /// How often the topics and the group are looked at beside each rebalance: for partitions that were added to topics by
    /// which the group does not share tasks out, for topics that are gone, and for strangers.
    /// </summary>
    /// <value>10 seconds.</value>
    public TimeSpan ClusterCheckInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How much the application measures of itself (<c>metrics.recording.level</c>).</summary>
    /// <value><see cref="MetricsLevel.Info"/>.</value>
    public MetricsLevel MetricsLevel { get; set; } = MetricsLevel.Info;

    /// <summary>
    /// How many of the records without a trace context begin a trace of their own, while somebody listens to the source
    /// <c>StreamFlow</c>: 0.01 is one of a hundred. Which, goes by their partition and offset, so they are the same when they are processed
    /// again. A record whose <c>traceparent</c> is sampled always is in the trace of its producer, and one whose is not in none. A sampler
    /// of the listener has its say after that.
    /// </summary>
    /// <value>0: none; the first record of a batch in which nothing is traced has a span in the trace of the batch.</value>
    public double RecordSampling { get; set; }

    /// <summary>
    /// What is done where the keys of a topic that takes part in a join or is read as a table do not lie where StreamFlow and Java's
    /// producers put them, as those of librdkafka's clients do not unless they set <c>partitioner=murmur2_random</c>. Keys are looked at
    /// in samples; topics with one partition are always right.
    /// </summary>
    /// <value><see cref="PartitionerCheck.Warn"/>.</value>
    public PartitionerCheck PartitionerCheck { get; set; } = PartitionerCheck.Warn;

    /// <summary>Replicas of internal topics; -1 is the broker's default.</summary>
    /// <value>-1.</value>
    public short ReplicationFactor { get; set; } = -1;

    /// <summary>
    /// How often records of repartition topics that are used up, and records of changelogs whose windows have expired, are
    /// deleted on the broker (<c>repartition.purge.interval.ms</c>).
    /// </summary>
    /// <value>30 seconds.</value>
    public TimeSpan RepartitionPurgeInterval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a commit waits for the broker to acknowledge what was produced.</summary>
    /// <value>2 minutes.</value>
    public TimeSpan DeliveryTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Topic that gets the input records for which a handler answers <see cref="ErrorResponse.DeadLetter"/>.</summary>
    /// <value>Empty: there is none.</value>
    public string DeadLetterTopic { get; set; } = string.Empty;

    /// <summary>
    /// What is done when a sink's topic (with a fixed name) or the <see cref="DeadLetterTopic"/> does not exist at the start.
    /// </summary>
    /// <value><see cref="MissingTopicResponse.Fail"/>.</value>
    public MissingTopicResponse MissingOutputTopics { get; set; } = MissingTopicResponse.Fail;

    /// <summary>
    /// What is done when a source topic, a sink's topic or the <see cref="DeadLetterTopic"/> is deleted, or made anew, while the
    /// application runs. An internal topic always ends it: what was in it is lost.
    /// </summary>
    /// <value><see cref="DeletedTopicResponse.Continue"/>.</value>
    public DeletedTopicResponse DeletedTopics { get; set; } = DeletedTopicResponse.Continue;

    /// <summary>
    /// What is done about a record whose dead letter is refused too, even without its value, key and headers: the topic is missing or
    /// may not be written to, or takes no record of some hundred bytes. Whatever is answered, one line of the log has the record's
    /// position and sizes, and both errors.
    /// </summary>
    /// <value>
    /// <see cref="ErrorResponse.Fail"/>; the other choice is <see cref="ErrorResponse.Continue"/>, which leaves the record out.
    /// </value>
    public ErrorResponse DeadLetterFallback { get; set; } = ErrorResponse.Fail;

    /// <summary>
    /// What is done about every input record that cannot be deserialized, whatever <see cref="DeserializationErrorHandler"/>
    /// would answer: a setting that can be given in configuration, so that a record is skipped without a new release.
    /// <see cref="ErrorResponse.DeadLetter"/> needs a <see cref="DeadLetterTopic"/>.
    /// </summary>
    /// <value>Default: <see langword="null"/>, the handler decides.</value>
    public ErrorResponse? DeserializationErrors { get; set; }

    /// <summary>The same for every record for which an operator throws, in place of <see cref="ProcessingErrorHandler"/>.</summary>
    /// <value>Default: <see langword="null"/>, the handler decides.</value>
    public ErrorResponse? ProcessingErrors { get; set; }

    /// <summary>
    /// The same for every result that cannot be serialized or delivered, in place of <see cref="ProductionErrorHandler"/>.
    /// </summary>
    /// <value>Default: <see langword="null"/>, the handler decides.</value>
    public ErrorResponse? ProductionErrors { get; set; }

    /// <summary>Decides about input records that cannot be deserialized.</summary>
    /// <value>Answers <see cref="ErrorResponse.Fail"/>.</value>
    public ErrorHandler DeserializationErrorHandler { get; set; } = ErrorPolicy.Fails;

    /// <summary>
    /// Decides about records for which an operator throws. With another handler than the default an aggregate that can be
    /// changed in place is kept as it was before each update, so that an aggregator that fails half-way leaves nothing behind;
    /// that costs one serialization of it per update.
    /// </summary>
    /// <value>Answers <see cref="ErrorResponse.Fail"/>.</value>
    public ErrorHandler ProcessingErrorHandler { get; set; } = ErrorPolicy.Fails;

    /// <summary>Decides about results that cannot be serialized or delivered.</summary>
    /// <value>Answers <see cref="ErrorResponse.Fail"/>.</value>
    public ErrorHandler ProductionErrorHandler { get; set; } = ErrorPolicy.Fails;

    /// <summary>
    /// Decides what happens when a stream thread dies of an error; called on that thread, under no lock. One that throws ends
    /// the application by the error that it was asked about, and so does one that stops it meanwhile.
    /// </summary>
    /// <value>Answers <see cref="ThreadFailureResponse.ShutdownClient"/>.</value>
    public Func<Exception, ThreadFailureResponse> ThreadFailureHandler { get; set; } =
        static _ => ThreadFailureResponse.ShutdownClient;

    /// <summary>Checks the settings.</summary>
    /// <returns>One message for each wrong setting, naming it, its value and the remedy; empty when all is well.</returns>
    public IReadOnlyList<string> Validate() =>
        Nulls().ToList() is { Count: > 0 } nulls ? [.. nulls, .. WithoutNulls().Checked()] : Checked();

    private List<string> Checked()
    {
        var errors = new List<string>();
        CheckApplicationId(errors);
        Check(errors, NumStreamThreads is >= 1 and <= 1024, nameof(NumStreamThreads), NumStreamThreads, "1 to 1024");
        CheckTime(errors, CommitInterval >= TimeSpan.Zero, nameof(CommitInterval), CommitInterval, "zero or more");
        Check(errors, !string.IsNullOrWhiteSpace(StateDirectory), nameof(StateDirectory), StateDirectory, "a folder");
        Check(errors, CacheMaxBytes >= 0, nameof(CacheMaxBytes), CacheMaxBytes, "0 or more");
        Check(
            errors, MaxUncommittedBytes is > 0 and <= 1 << 30, nameof(MaxUncommittedBytes), MaxUncommittedBytes, "1 to 1073741824");
        CheckTime(errors, PollTimeout > TimeSpan.Zero, nameof(PollTimeout), PollTimeout, "more than zero");
        Check(errors, RepartitionPurgeInterval > TimeSpan.Zero, nameof(RepartitionPurgeInterval), RepartitionPurgeInterval, "more than zero");
        CheckTime(errors, DeliveryTimeout > TimeSpan.Zero, nameof(DeliveryTimeout), DeliveryTimeout, "more than zero");
        CheckTime(errors, TransactionTimeout > TimeSpan.Zero, nameof(TransactionTimeout), TransactionTimeout, "more than zero");
        Check(errors, TaskTimeout >= TimeSpan.Zero, nameof(TaskTimeout), TaskTimeout, "zero or more");
        Check(errors, ProgressTimeout > TimeSpan.Zero, nameof(ProgressTimeout), ProgressTimeout, "more than zero");
        Check(errors, Enum.IsDefined(ProcessingGuarantee), nameof(ProcessingGuarantee), ProcessingGuarantee, "AtLeastOnce or ExactlyOnce");
        if (ProcessingGuarantee == ProcessingGuarantee.ExactlyOnce)
        {
            Check(errors, CommitInterval < TransactionTimeout, nameof(CommitInterval), CommitInterval,
                $"less than TransactionTimeout ({Durations.Text(TransactionTimeout)}), after which the broker aborts what is uncommitted");
        }

        Check(errors, GroupInstanceId.Length <= 240 && GroupInstanceId.All(IsNameCharacter), nameof(GroupInstanceId), GroupInstanceId,
            "at most 240 letters, digits, '.', '_' or '-', or leave it empty");
        Check(errors, StaticMembership || GroupInstanceId.Length == 0, nameof(StaticMembership), StaticMembership,
            $"true, or leave GroupInstanceId ('{GroupInstanceId}') empty");
        Check(errors, TopologyVersion.Length <= 32 && TopologyVersion.All(c => c != '.' && IsNameCharacter(c)), nameof(TopologyVersion),
            TopologyVersion, "at most 32 letters, digits, '_' or '-', or leave it empty");
        Check(errors, ClusterCheckInterval > TimeSpan.Zero, nameof(ClusterCheckInterval), ClusterCheckInterval, "more than zero");
        CheckChoices(errors);
        Check(errors, ReplicationFactor is -1 or >= 1, nameof(ReplicationFactor), ReplicationFactor, "-1 or at least 1");
        Check(errors, DeadLetterTopic.Length == 0 || ResourceName.Complaint(DeadLetterTopic) is null, nameof(DeadLetterTopic), DeadLetterTopic,
            "the name of a topic (1 to 249 letters, digits, '.', '_' or '-'), or leave it empty");
        return errors;
    }
}
