using CsCheck;

namespace StreamFlow.Tests.Records;

/// <summary>Times for random tests: most of them near the ends of their range, and near those of the calendar.</summary>
internal static class EventTimes
{
    /// <summary>The last millisecond of the year 9999.</summary>
    public const long EndOfCalendar = 253_402_300_799_999;

    /// <summary>Times of records.</summary>
    public static readonly Gen<long> Valid = Gen.OneOf(
        Gen.Long[0, 200],
        Gen.Long[long.MaxValue - 200, long.MaxValue],
        Gen.Long[EndOfCalendar - 200, EndOfCalendar + 200],
        Gen.Long[0, long.MaxValue]);

    /// <summary>Times that no record has, and those of records.</summary>
    public static readonly Gen<long> All = Gen.OneOf(
        Valid, Gen.Long[long.MinValue, long.MinValue + 200], Gen.Long[-200, -1], Gen.Long[-62_135_596_801_000, -62_135_596_799_000], Gen.Long);

    /// <summary>Lengths of windows, graces and intervals, as long as a <see cref="TimeSpan"/> can be.</summary>
    public static readonly Gen<long> Lengths = Gen.OneOf(
        Gen.Long[1, 20], Gen.Long[1, 100_000_000], Gen.Const(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond));

    public static TimeSpan Milliseconds(long length) => TimeSpan.FromTicks(length * TimeSpan.TicksPerMillisecond);
}
