namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// The schema registry does not answer, or refuses a schema. No record would fare better, so error handlers are not asked
/// and no record is left out: the thread stops, and goes on from what is committed when it is started again.
/// </summary>
public sealed class SchemaException : StreamsException
{
    /// <inheritdoc/>
    public override string ErrorId => "SF0910";

    /// <summary>Creates the error.</summary>
    /// <param name="message">What was asked of the registry, its answer, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public SchemaException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The subject it is about, or <see langword="null"/> when it is not known.</summary>
    public string? Subject { get; init; }

    /// <summary>Id of the schema it is about, or <see langword="null"/> when it is about none.</summary>
    public int? SchemaId { get; init; }
}
