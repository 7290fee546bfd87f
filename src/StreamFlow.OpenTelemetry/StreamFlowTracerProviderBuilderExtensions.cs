namespace OpenTelemetry.Trace;

/// <summary>Collects the traces of StreamFlow applications.</summary>
public static class StreamFlowTracerProviderBuilderExtensions
{
    /// <summary>
    /// Collects the spans of all applications of the process: one for each batch from poll to commit, and those of records whose
    /// producer was traced.
    /// </summary>
    /// <param name="builder">The builder.</param>
    /// <returns>The builder.</returns>
    public static TracerProviderBuilder AddStreamFlow(this TracerProviderBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSource("StreamFlow");
    }
}
