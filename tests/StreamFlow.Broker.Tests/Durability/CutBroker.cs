using Microsoft.Extensions.Time.Testing;
using StreamFlow.Broker.Groups;
using StreamFlow.Broker.Storage;
using StreamFlow.Broker.Transactions;

namespace StreamFlow.Broker.Tests.Durability;

/// <summary>Store and coordinators in a process that lives on while the power of their disk is cut, again and again.</summary>
internal sealed class CutBroker : IDisposable
{
    private readonly Storage.TemporaryDirectory _directory = new();
    private string _data;
    private string _image = "";
    private int _runs;

    public CutBroker()
    {
        _data = _directory.Sub("0");
        Disk = new CutDisk(_data);
        (Store, Groups, Transactions) = Open();
    }

    public FakeTimeProvider Time { get; } = Clock.StandingStill();

    public CutDisk Disk { get; private set; }

    public TopicStore Store { get; private set; }

    public GroupCoordinator Groups { get; private set; }

    public TransactionCoordinator Transactions { get; private set; }

    public Support.LogLines Warnings { get; } = new();

    public PartitionLog Log(string topic) => Store.GetPartition(topic, 0)!;

    /// <summary>Lets the power be cut before so many more operations; that of the restart count.</summary>
    public void CutBefore(int operations, Random random)
    {
        _image = _directory.Sub($"{++_runs}");
        Disk.CutBefore(Disk.Operations + operations, _image, random);
    }

    /// <summary>Starts from what the disk holds, after a cut that was, or is now.</summary>
    /// <param name="nextCut">The operation of the next run before which its power is cut.</param>
    /// <param name="random">What survives of that.</param>
    public void StartAfterCut(int nextCut, Random random)
    {
        Disk.Cut();
        Close();
        Directory.Delete(_data, recursive: true);
        _data = _image;
        Start(nextCut, random);
    }

    /// <summary>An orderly stop and a start.</summary>
    /// <returns>False when the power was cut before the stop was over.</returns>
    public bool Restart(int nextCut, Random random)
    {
        Close();
        if (Disk.IsCut)
        {
            StartAfterCut(nextCut, random);
            return false;
        }

        Start(nextCut, random);
        return true;
    }

    public void Dispose()
    {
        Close();
        _directory.Dispose();
    }

    private void Start(int nextCut, Random random)
    {
        Disk = new CutDisk(_data);
        CutBefore(nextCut, random);
        (Store, Groups, Transactions) = Open();
    }

    private (TopicStore Store, GroupCoordinator Groups, TransactionCoordinator Transactions) Open()
    {
        TopicStore store = TopicStore.Open(new StoreOptions
        {
            DataDirectory = _data,
            Time = Time,
            MaintenanceInterval = TimeSpan.Zero,
            Files = Disk,
            FlusherThreads = 0,
            Log = Warnings,
        });
        GroupCoordinator groups = GroupCoordinator.Open(store, new GroupCoordinatorOptions(), Time, Warnings);
        return (store, groups, TransactionCoordinator.Open(
            store, groups, new TransactionCoordinatorOptions(), Time, Warnings));
    }

    private void Close()
    {
        Transactions.Dispose();
        Groups.Dispose();
        Store.Dispose();
    }
}
