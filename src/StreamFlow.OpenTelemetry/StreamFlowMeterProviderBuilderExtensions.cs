namespace OpenTelemetry.Metrics;

/// <summary>Collects the metrics of StreamFlow applications and brokers.</summary>
public static class StreamFlowMeterProviderBuilderExtensions
{
    /// <summary>
    /// Collects what all applications and embedded brokers of the process measure of themselves, those included that start later.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static MeterProviderBuilder AddStreamFlow(this MeterProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddMeter("StreamFlow", "StreamFlow.Broker");
    }
}
