using StreamFlow.Processing;
using StreamFlow.State;

namespace StreamFlow.Dsl;

/// <summary>The waiting records as one side of the join sees them.</summary>
internal abstract class WaitingSide<TKey, TThis>
{
    /// <summary>Time has come that far, whatever the record is.</summary>
    public abstract void Observe(long timestamp);

    /// <summary>Hands on the results of records that nothing can meet any more, of both sides.</summary>
    /// <param name="node">Who asks.</param>
    /// <param name="headers">Headers of the results: those of the record at hand, as in Kafka Streams.</param>
    public abstract void HandOnDue(Node node, Headers? headers);

    /// <summary>Lets a record of this side wait.</summary>
    /// <returns>False if nothing can meet it any more.</returns>
    public abstract bool TryAdd(in Record<TKey, TThis> record);

    /// <summary>What waits on the other side with that key and time has met one.</summary>
    public abstract void Met(in TKey key, long otherTime, long now);
}

/// <summary>The left side.</summary>
internal sealed class LeftWaiting<TKey, TLeft, TRight, TResult>(WaitingRecords<TKey, TLeft, TRight, TResult> records)
    : WaitingSide<TKey, TLeft>
{
    public override void Observe(long timestamp) => records.Observe(timestamp);

    public override void HandOnDue(Node node, Headers? headers) => records.HandOnDue(node, headers);

    public override bool TryAdd(in Record<TKey, TLeft> record) => records.TryAdd(
        new WaitingKey<TKey>(record.Timestamp, JoinSide.Left, record.Key), WaitingValue<TLeft, TRight>.OfLeft(record.Value));

    public override void Met(in TKey key, long otherTime, long now) =>
        records.Met(new WaitingKey<TKey>(otherTime, JoinSide.Right, key), now);
}

/// <summary>The right side.</summary>
internal sealed class RightWaiting<TKey, TLeft, TRight, TResult>(WaitingRecords<TKey, TLeft, TRight, TResult> records)
    : WaitingSide<TKey, TRight>
{
    public override void Observe(long timestamp) => records.Observe(timestamp);

    public override void HandOnDue(Node node, Headers? headers) => records.HandOnDue(node, headers);

    public override bool TryAdd(in Record<TKey, TRight> record) => records.TryAdd(
        new WaitingKey<TKey>(record.Timestamp, JoinSide.Right, record.Key), WaitingValue<TLeft, TRight>.OfRight(record.Value));

    public override void Met(in TKey key, long otherTime, long now) =>
        records.Met(new WaitingKey<TKey>(otherTime, JoinSide.Left, key), now);
}
