using System.Buffers;
using System.Globalization;
using StreamFlow.Serialization;
using StreamFlow.State;

namespace StreamFlow.Tests.State;

/// <summary>What is told of a store that is another one now.</summary>
public sealed class StoreShapeTests
{
    private static readonly StoreShape Counts = Of(new KeyValueStoreBuilder<string, long>("s"));

    [Fact]
    public void Nothing_is_told_of_a_store_that_is_the_same()
    {
        var change = Counts.ChangeTo(Of(new KeyValueStoreBuilder<string, long>("s")));

        Assert.Empty(change.Conflicts.Concat(change.Local).Concat(change.Remarks));
    }

    [Fact]
    public void Another_kind_is_a_conflict_that_names_both()
    {
        Assert.Equal(["was a key-value store, now windows of 5 min"], Counts.ChangeTo(Windows(5, 60)).Conflicts);
        Assert.Equal(["was windows of 5 min, now windows of 10 min"], Windows(5, 60).ChangeTo(Windows(10, 60)).Conflicts);
        Assert.Equal(
            ["was sessions, now a versioned store"],
            Of(new SessionStoreBuilder<string, long>("s", TimeSpan.FromHours(1)))
                .ChangeTo(Of(new VersionedStoreBuilder<string, long>("s", TimeSpan.FromHours(1)))).Conflicts);
    }

    [Fact]
    public void Kinds_of_windows_are_told_apart_by_what_decides_who_shares_one()
    {
        Assert.Equal("tumbling windows of 5 min", Kind(TumblingWindows.Of(Minutes(5), Minutes(1))));
        Assert.Equal("hopping windows of 5 min every 1 min", Kind(HoppingWindows.Of(Minutes(5), Minutes(1), Minutes(1))));
        Assert.Equal(Kind(TumblingWindows.Of(Minutes(5), Minutes(1))), Kind(TumblingWindows.Of(Minutes(5), Minutes(9))));
        Assert.Contains("DayWindows, up to 1 d", Kind(new DayWindows()), StringComparison.Ordinal);
    }

    [Fact]
    public void Records_side_by_side_may_be_read_in_windows_of_any_length()
    {
        static StoreShape Side(int minutes) => Of(
            new WindowStoreBuilder<string, long>("s", Minutes(minutes), Minutes(60)) { KeepsDuplicates = true });

        Assert.Empty(Side(5).ChangeTo(Side(10)).Conflicts);
        Assert.Single(Side(5).ChangeTo(Windows(5, 60)).Conflicts);
    }

    [Fact]
    public void Headers_from_now_on_or_no_more_are_a_matter_of_the_local_data()
    {
        var windows = Of(new WindowStoreWithHeadersBuilder<string, long>("s", Minutes(5), Minutes(60)));
        Assert.Equal(
            ["its values were kept with timestamps, now with timestamps and headers"], Local(Windows(5, 60), windows));
        Assert.Equal(["its values were kept with timestamps and headers, now with timestamps"], Local(windows, Windows(5, 60)));
        var sessions = Of(new SessionStoreWithHeadersBuilder<string, long>("s", Minutes(60)));
        Assert.Equal(
            ["its values were kept alone, now with headers"],
            Local(Of(new SessionStoreBuilder<string, long>("s", Minutes(60))), sessions));
        Assert.Equal(
            ["its values were kept with timestamps, now with timestamps and headers"],
            Local(Counts, Of(new KeyValueStoreWithHeadersBuilder<string, long>("s"))));

        static List<string> Local(StoreShape was, StoreShape now)
        {
            Assert.Empty(was.ChangeTo(now).Conflicts);
            return was.ChangeTo(now).Local;
        }
    }

    [Fact]
    public void Another_format_of_StreamFlow_is_a_conflict_whatever_its_length()
    {
        Assert.Equal(
            ["had values of Int64, now of Double"],
            Counts.ChangeTo(Of(new KeyValueStoreBuilder<string, double>("s"))).Conflicts);
        Assert.Equal(
            ["had keys of String, now of Guid"],
            Counts.ChangeTo(Of(new KeyValueStoreBuilder<Guid, long>("s"))).Conflicts);
        Assert.Empty(Counts.ChangeTo(Of(new KeyValueStoreBuilder<string, long?>("s"))).Conflicts);
    }

    [Fact]
    public void Members_of_JSON_that_are_gone_or_of_another_type_are_remarked_and_new_ones_are_not()
    {
        static StoreShape Json<T>() => Of(new KeyValueStoreBuilder<string, T>("s") { ValueSerde = new JsonSerde<T>() });

        Assert.Empty(Json<Order>().ChangeTo(Json<LongerOrder>()).Remarks);
        var renamed = Assert.Single(Json<LongerOrder>().ChangeTo(Json<OtherOrder>()).Remarks);
        Assert.Contains("Amount:System.Int64", renamed, StringComparison.Ordinal);
        Assert.Contains("Amount:System.Double", renamed, StringComparison.Ordinal);
        Assert.Contains("Note:System.String", renamed, StringComparison.Ordinal);
        Assert.Empty(Json<LongerOrder>().ChangeTo(Json<OtherOrder>()).Conflicts);
    }

    [Fact]
    public void Another_serde_of_the_users_is_remarked_and_no_conflict()
    {
        var mine = Of(new KeyValueStoreBuilder<string, long>("s") { ValueSerde = new DecimalSerde() });

        Assert.Empty(Counts.ChangeTo(mine).Conflicts);
        Assert.Equal(
            [$"had values of Int64, now of {typeof(DecimalSerde)}"], Counts.ChangeTo(mine).Remarks);
    }

    [Fact]
    public void What_lies_beside_the_values_and_in_which_segments_concerns_the_byte_store_alone()
    {
        var plain = Of(new KeyValueStoreBuilder<string, long>("s") { KeepsTimestamps = false });

        var change = plain.ChangeTo(Counts);
        Assert.Equal((0, 1, 0), (change.Conflicts.Count, change.Local.Count, change.Remarks.Count));
        change = Windows(5, 60).ChangeTo(Windows(5, 90));
        Assert.Equal((0, 1, 0), (change.Conflicts.Count, change.Local.Count, change.Remarks.Count));
    }

    [Fact]
    public void Stores_of_the_users_own_may_have_another_name_but_be_no_store_of_StreamFlow()
    {
        static StoreShape Own(Type type) => new() { Kind = StoreShape.Own(type) };
        static StoreShape OwnWindows(Type type) => new() { Kind = StoreShape.OwnWindows(type, TimeSpan.FromDays(1)) };

        Assert.Single(Own(typeof(string)).ChangeTo(Own(typeof(Uri))).Remarks);
        Assert.Single(OwnWindows(typeof(Uri)).ChangeTo(Counts).Conflicts);
        Assert.Single(OwnWindows(typeof(Uri)).ChangeTo(OwnWindows(typeof(string))).Remarks);
        Assert.Single(Own(typeof(string)).ChangeTo(Counts).Conflicts);
    }

    private static StoreShape Windows(int minutes, int retention) =>
        Of(new WindowStoreBuilder<string, long>("s", Minutes(minutes), Minutes(retention)));

    private static TimeSpan Minutes(int minutes) => TimeSpan.FromMinutes(minutes);

    private static string Kind(TimeWindows windows)
    {
        var builder = new StreamsBuilder();
        builder.Stream<string, string>("in").GroupByKey().WindowedBy(windows).Count(new() { Name = "s" });
        return builder.Build().Plan.SubTopologies[0].Stores[0].Shape!.Kind;
    }

    private static StoreShape Of(StoreBuilder store) => store.Describe(new StoreSetup("s", "s-changelog", new SerdeRegistry()));

    private sealed class DecimalSerde : ISerde<long>
    {
        public void Serialize(long value, IBufferWriter<byte> writer) =>
            Serdes.String.Serialize(value.ToString(CultureInfo.InvariantCulture), writer);

        public long Deserialize(ReadOnlySpan<byte> data) =>
            long.Parse(Serdes.String.Deserialize(data), CultureInfo.InvariantCulture);
    }

    private sealed record Order(string Id, long Amount);

    private sealed record LongerOrder(string Id, long Amount, string Note);

    private sealed record OtherOrder(string Id, double Amount);

    private sealed record DayWindows() : TimeWindows(TimeSpan.FromDays(1), TimeSpan.Zero)
    {
        public override Window FirstWindow(long timestamp) => WindowAt(timestamp / 86_400_000 * 86_400_000);

        public override Window NextWindow(Window window) => WindowAt(window.End);

        public override Window WindowAt(long start) => new(start, start + 86_400_000);
    }
}
