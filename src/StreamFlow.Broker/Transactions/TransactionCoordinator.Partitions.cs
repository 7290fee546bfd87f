using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;

namespace StreamFlow.Broker.Transactions;

/// <content>What belongs to a transaction: partitions, and the offsets among them.</content>
internal sealed partial class TransactionCoordinator
{
    /// <summary>Adds partitions to a transaction. All must exist, or none is added.</summary>
    /// <returns>One error per partition, in order.</returns>
    public async ValueTask<ErrorCode[]> AddPartitionsAsync(
        string transactionalId,
        ProducerIdentity producer,
        IReadOnlyList<TransactionPartition> partitions,
        TransactionVersion version = TransactionVersion.V0)
    {
        var errors = new ErrorCode[partitions.Count];
        bool isRefused = false;
        for (int i = 0; i < errors.Length; i++)
        {
            errors[i] = TopicNames.IsInternal(partitions[i].Topic) ? ErrorCode.InvalidTopic
                : _partitions.Exists(partitions[i]) ? ErrorCode.OperationNotAttempted
                : ErrorCode.UnknownTopicOrPartition;
            isRefused |= errors[i] != ErrorCode.OperationNotAttempted;
        }

        ErrorCode identity = Check(transactionalId, producer);
        if (identity != ErrorCode.None || !isRefused)
        {
            Array.Fill(errors, identity != ErrorCode.None
                ? identity
                : (await AddAsync(transactionalId, producer, partitions, version).ConfigureAwait(false)).Error);
        }

        return errors;
    }

    /// <summary>Whether each partition belongs to the open transaction; see <see cref="Transaction.VerifyPartitions"/>.</summary>
    /// <returns>One error per partition, in order.</returns>
    public ErrorCode[] VerifyPartitions(
        string transactionalId, ProducerIdentity producer, IReadOnlyList<TransactionPartition> partitions)
    {
        ErrorCode refusal = Find(transactionalId, out Transaction? transaction);
        if (transaction is null)
        {
            return [.. partitions.Select(_ => refusal)];
        }

        using (transaction.Gate.Enter())
        {
            ErrorCode[] errors = transaction.VerifyPartitions(producer, partitions);
            return [.. errors.Select((error, i) =>
                _partitions.Exists(partitions[i]) ? error : ErrorCode.UnknownTopicOrPartition)];
        }
    }

    /// <summary>Adds the offsets of groups to a transaction.</summary>
    public async ValueTask<ErrorCode> AddOffsetsAsync(
        string transactionalId, ProducerIdentity producer, string groupId)
    {
        ErrorCode refusal = groupId.Length == 0 ? ErrorCode.InvalidGroupId : ErrorCode.None;
        return refusal != ErrorCode.None
            ? refusal
            : (await AddAsync(transactionalId, producer, [TransactionPartitions.Offsets], TransactionVersion.V0)
                .ConfigureAwait(false)).Error;
    }

    /// <summary>
    /// Commits offsets as part of a transaction. The classic protocol has included them before; with version 2 they are
    /// included by this.
    /// </summary>
    /// <returns>One error per offset, in order.</returns>
    public async ValueTask<ErrorCode[]> CommitOffsetsAsync(
        string transactionalId,
        ProducerIdentity producer,
        CommitCommand command,
        TransactionVersion version = TransactionVersion.V0)
    {
        ErrorCode refusal = version < TransactionVersion.V2
            ? ErrorCode.None
            : (await AddAsync(transactionalId, producer, [TransactionPartitions.Offsets], version)
                .ConfigureAwait(false)).Error;
        refusal = refusal != ErrorCode.None
            ? refusal
            : Check(transactionalId, producer, static (transaction, producer) =>
                transaction.CheckOffsetCommit(producer, TransactionPartitions.Offsets));
        if (refusal != ErrorCode.None)
        {
            var errors = new ErrorCode[command.Offsets.Count];
            Array.Fill(errors, refusal);
            return errors;
        }

        _options.Faults.Hit(FaultPoints.BeforeOffsets);
        ErrorCode[] results = await _groups.CommitOffsetsAsync(command, producer.ProducerId, producer.Epoch)
            .ConfigureAwait(false);
        _options.Faults.Hit(FaultPoints.AfterOffsets);
        return results;
    }

    private ValueTask<TransactionReply> AddAsync(
        string transactionalId,
        ProducerIdentity producer,
        IReadOnlyList<TransactionPartition> partitions,
        TransactionVersion version) =>
        SubmitAsync(transactionalId, (transaction, request, now) =>
            transaction.AddPartitions(producer, partitions, version, request, now));

    /// <summary>
    /// Ends a producer's transaction in some partitions without asking the coordinator, as an administrator does with one
    /// that hangs. A transaction that the coordinator still holds open is not ended by it; it takes no more batches in
    /// these partitions.
    /// </summary>
    /// <returns>One error per partition, in order.</returns>
    public async ValueTask<ErrorCode[]> WriteForeignMarkerAsync(
        ForeignMarker marker, IReadOnlyList<TransactionPartition> partitions)
    {
        long nowMs = Now().UnixMs;
        ErrorCode[] errors = [.. partitions.Select(x => _partitions.WriteForeignMarker(marker, x, nowMs))];
        TransactionPartition[] written = [.. partitions.Where((_, i) => errors[i] == ErrorCode.None)];
        ErrorCode flushed = _options.FlushBarriers
            ? await _partitions.FlushAsync(written).ConfigureAwait(false)
            : ErrorCode.None;
        return [.. errors.Select(x => x == ErrorCode.None ? flushed : x)];
    }
}
