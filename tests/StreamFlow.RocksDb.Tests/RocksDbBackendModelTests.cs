using StreamFlow.RocksDb.Tests.Support;
using StreamFlow.State;
using Xunit.Abstractions;

namespace StreamFlow.RocksDb.Tests;

/// <summary>Random operations, compared with a sorted map in memory.</summary>
public sealed class RocksDbBackendModelTests(ITestOutputHelper output)
{
    private const int Steps = 400;
    private static readonly string[] Names = ["a", "b", "default"];

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(null)]
    public void Backend_behaves_like_sorted_maps_also_across_reopening(int? fixedSeed)
    {
        var seed = fixedSeed ?? Environment.TickCount;
        output.WriteLine($"seed {seed}");
        using var folder = new TempFolder();
        var run = new Run(folder.Path, seed);
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                run.Step(step);
            }

            run.Compare("end");
        }
        finally
        {
            run.Backend.Dispose();
        }
    }

    private sealed class Run(string folder, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly StoreModel[] _models = [new(), new(), new()];
        private readonly long?[] _offsets = new long?[Names.Length];
        private readonly StoreBatch _batch = new();

        public IStoreBackend Backend { get; private set; } = Backends.Open(folder, Names);

        public void Step(int step)
        {
            switch (_random.Next(20))
            {
                case 0:
                    Backend.Dispose();
                    Backend = Backends.Open(folder, Names);
                    break;
                case 1:
                    Backend.Flush();
                    break;
                case < 6:
                    Compare($"seed {seed}, step {step}");
                    break;
                default:
                    Write();
                    break;
            }
        }

        public void Compare(string context)
        {
            for (var store = 0; store < Names.Length; store++)
            {
                var reverse = _random.Next(2) == 0;
                _models[store].AssertHeldBy(Backend.Stores[store], [], [], reverse, context);
                _models[store].AssertHeldBy(Backend.Stores[store], Key(), Key(), reverse, context);
                var key = Key();
                Assert.Equal(_models[store].Get(key), Backend.Stores[store].Get(key));
                var known = Backend.TryGetChangelogOffset(store, out var offset);
                Assert.Equal(_offsets[store], known ? offset : null);
            }
        }

        private void Write()
        {
            _batch.Clear();
            // Ranges first, as the batch applies them first.
            Range();
            for (var i = _random.Next(60); i > 0; i--)
            {
                Change();
            }

            if (_random.Next(2) == 0)
            {
                _batch.Sort();
            }

            Backend.Write(_batch);
        }

        private void Range()
        {
            if (_random.Next(4) == 0)
            {
                var store = _random.Next(Names.Length);
                var (from, to) = (Key(), Key());
                _batch.DeleteRange(store, from, to);
                _models[store].DeleteRange(from, to);
            }
        }

        private void Change()
        {
            var store = _random.Next(Names.Length);
            var key = Key();
            if (_random.Next(4) == 0)
            {
                _batch.Delete(store, key);
                _models[store].Delete(key);
            }
            else
            {
                var value = new byte[_random.Next(500)];
                _random.NextBytes(value);
                _batch.Put(store, key, value);
                _models[store].Put(key, value);
            }

            _offsets[store] = (_offsets[store] ?? 0) + 1;
            _batch.SetChangelogOffset(store, _offsets[store]!.Value);
        }

        // Short keys of few bytes meet often; some are empty and some long.
        private byte[] Key()
        {
            var key = new byte[_random.Next(20) == 0 ? _random.Next(300) : _random.Next(4)];
            for (var i = 0; i < key.Length; i++)
            {
                key[i] = (byte)(_random.Next(3) * 0x7F);
            }

            return key;
        }
    }
}
