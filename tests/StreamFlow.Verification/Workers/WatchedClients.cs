using StreamFlow.Clients;
using StreamFlow.State;

namespace StreamFlow.Verification.Workers;

/// <summary>The production clients, with crash points and, in a self-check, a planted fault.</summary>
internal sealed class WatchedClients(IKafkaClients inner, CrashPoints points, Plant plant) : IKafkaClients
{
    private bool _isCommitSkipped;

    public IKafkaConsumer CreateConsumer(ConsumerRole role) => inner.CreateConsumer(role);

    public IKafkaAdmin CreateAdmin(string clientId) => inner.CreateAdmin(clientId);

    public IKafkaProducer CreateProducer(ProducerRole role) => new Producer(this, inner.CreateProducer(role));

    /// <summary>
    /// With <see cref="Plants.ApplyBeforeCommit"/>: the local batch of a transaction that is not committed yet was
    /// written; the process ends before it could be.
    /// </summary>
    public void AppliedLocally(IStoreBackend backend)
    {
        if (Volatile.Read(ref _isCommitSkipped))
        {
            backend.Flush();
            Signals.SendToSelf("KILL");
        }
    }

    private sealed class Producer(WatchedClients owner, IKafkaProducer inner) : IKafkaProducer
    {
        private readonly RecordTamper _tamper = new(owner._plant, inner);
        private bool _isAbortIgnored;

        public ProducerTopic Topic(string name) => inner.Topic(name);

        public bool TryProduce(ProducerTopic topic, int partition, in ByteRecord record, Headers? headers) =>
            _tamper.TryProduce(topic, partition, in record, headers);

        public void Poll(TimeSpan timeout) => inner.Poll(timeout);

        public bool Drain(TimeSpan timeout)
        {
            _tamper.Release();
            var all = inner.Drain(timeout);
            owner._points.Reach(CrashPoints.AfterChangelogProduce);
            return all;
        }

        public bool TryTakeFailure(out DeliveryFailure failure) => inner.TryTakeFailure(out failure);

        public void InitTransactions(TimeSpan timeout) => inner.InitTransactions(timeout);

        public void BeginTransaction() => inner.BeginTransaction();

        public void SendOffsetsToTransaction(
            IReadOnlyList<PartitionOffset> offsets, ConsumerGroupMetadata group, TimeSpan timeout)
        {
            if (owner._plant.Is(Plants.IgnoreAbort) && owner._plant.IsDue())
            {
                _isAbortIgnored = true;
                throw new KafkaClientException("Planted: the positions are refused.", KafkaErrorKind.Abortable);
            }

            if (owner._plant.Is(Plants.SkipFence) && owner._plant.IsDue())
            {
                // Frozen with everything done but the positions, until the group has given the tasks to others.
                Signals.SendToSelf("STOP");
                using var stranger = owner.CreateConsumer(
                    new ConsumerRole("stranger", Workload.ApplicationId, null, ReadCommitted: true, "earliest"));
                using var nobody = stranger.GroupMetadata();
                inner.SendOffsetsToTransaction(offsets, nobody, timeout);
                return;
            }

            if (owner._plant.Is(Plants.StalePositions))
            {
                owner._plant.IsDue();
                offsets = [.. offsets.Select(Stale)];
            }

            inner.SendOffsetsToTransaction(offsets, group, timeout);
        }

        public void CommitTransaction(TimeSpan timeout)
        {
            if (owner._plant.Is(Plants.ApplyBeforeCommit) && owner._plant.IsDue())
            {
                Volatile.Write(ref owner._isCommitSkipped, true);
                return;
            }

            inner.CommitTransaction(timeout);
        }

        public void AbortTransaction(TimeSpan timeout)
        {
            if (_isAbortIgnored)
            {
                _isAbortIgnored = false;
                inner.CommitTransaction(timeout);
                return;
            }

            inner.AbortTransaction(timeout);
        }

        public void Dispose() => inner.Dispose();

        private static PartitionOffset Stale(PartitionOffset offset) =>
            offset.Partition.Topic == Workload.Input && offset.Offset > 0 ? offset with { Offset = offset.Offset - 1 } : offset;
    }

    private readonly CrashPoints _points = points;
    private readonly Plant _plant = plant;
}
