using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Tests.Support;

namespace StreamFlow.Broker.Tests.Storage;

/// <summary>Markers that the transaction coordinator did not write, and batches that tell of lost ones.</summary>
public sealed class ForeignMarkerTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly PartitionLog _log;

    public ForeignMarkerTests()
    {
        FakeTimeProvider time = Clock.StandingStill();
        _log = PartitionLog.Open(_temporary.Sub("log"), LogOptions.Default, time);
        _log.RegisterTransaction(7, 1);
        Assert.Equal(ErrorCode.None, Produce(epoch: 1, sequence: 0));
    }

    public void Dispose()
    {
        _log.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void Marker_ends_the_open_transaction_and_no_batch_of_it_comes_behind()
    {
        Assert.Equal(0, _log.LastStableOffset);
        Assert.Equal(ErrorCode.None, Mark(epoch: 1, coordinatorEpoch: 5));
        Assert.Equal(2, _log.LastStableOffset);
        Assert.Equal(5, Assert.Single(_log.DescribeProducers()).CoordinatorEpoch);
        Assert.Equal(ErrorCode.InvalidTxnState, Produce(epoch: 1, sequence: 1));
    }

    [Fact]
    public void Marker_of_an_older_coordinator_or_epoch_is_refused_but_not_one_of_the_broker_itself()
    {
        Assert.Equal(ErrorCode.None, Mark(epoch: 1, coordinatorEpoch: 5));
        Assert.Equal(ErrorCode.TransactionCoordinatorFenced, Mark(epoch: 1, coordinatorEpoch: 4));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Mark(epoch: 0, coordinatorEpoch: 5));
        Assert.Equal(ErrorCode.None, Mark(epoch: 1, coordinatorEpoch: 0, AppendOrigin.Marker));
    }

    [Fact]
    public void Marker_of_version_2_must_raise_the_epoch_of_what_it_ends_and_may_be_repeated()
    {
        Assert.Equal(
            ErrorCode.InvalidProducerEpoch, Mark(epoch: 1, coordinatorEpoch: 0, AppendOrigin.ForeignMarkerOfVersion2));
        Assert.Equal(ErrorCode.None, Mark(epoch: 2, coordinatorEpoch: 0, AppendOrigin.ForeignMarkerOfVersion2));
        Assert.Equal(ErrorCode.None, Mark(epoch: 2, coordinatorEpoch: 0, AppendOrigin.ForeignMarkerOfVersion2));
        Assert.Equal(ErrorCode.InvalidProducerEpoch, Produce(epoch: 1, sequence: 1));
    }

    [Fact]
    public void Producer_that_was_never_here_may_be_marked()
    {
        byte[] marker = RecordBatchBuilder.BuildMarker(99, 3, commit: false, 0, 1_700_000_000_000);
        Assert.Equal(ErrorCode.None, _log.Append(marker, AppendOrigin.ForeignMarker).Error);
    }

    [Theory]
    [InlineData(true, 45)]
    [InlineData(false, 0)]
    public void First_batch_of_a_transaction_with_an_epoch_of_its_own_has_the_sequence_0(bool startsAtZero, int expected)
    {
        _log.RegisterTransaction(8, 1, startsAtZero);
        byte[] batch = Batches.Produced(8, 1, sequence: 3, transactional: true);
        Assert.Equal((ErrorCode)expected, _log.Append(batch, AppendOrigin.Client).Error);
    }

    private ErrorCode Produce(short epoch, int sequence) =>
        _log.Append(Batches.Produced(7, epoch, sequence, transactional: true), AppendOrigin.Client).Error;

    private ErrorCode Mark(short epoch, int coordinatorEpoch, AppendOrigin origin = AppendOrigin.ForeignMarker) =>
        _log.Append(
            RecordBatchBuilder.BuildMarker(7, epoch, commit: false, coordinatorEpoch, 1_700_000_000_000), origin).Error;
}
