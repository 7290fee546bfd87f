namespace FraudDetection;

/// <summary>The rules and their limits.</summary>
internal static class Rules
{
    public const string Blocked = "blocked";
    public const string Velocity = "velocity";
    public const string Travel = "travel";

    /// <summary>Payments that a card may make within one window; one more is too fast.</summary>
    public const int PaymentsPerWindow = 5;

    /// <summary>As fast as an airliner; who is faster is in two places at once.</summary>
    public const double KilometresPerHour = 900;

    /// <summary>Below this distance terminals of one city may have wrong coordinates.</summary>
    public const double LeastKilometres = 100;

    public static readonly TimeSpan WindowSize = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan WindowAdvance = TimeSpan.FromSeconds(10);

    /// <summary>How late a payment may come and still be counted.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);
}
