using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using Confluent.SchemaRegistry;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>
/// Tells whose fault a failure is. The registry's is a <see cref="SchemaException"/>, for which no error handler is asked; that
/// of a record is any other, and names the schema's subject and version.
/// </summary>
/// <param name="schemas">The registry; null when the serializers have one of their own, or none.</param>
/// <param name="type">What is written and read.</param>
/// <param name="format">Name of the format.</param>
/// <param name="recordName">Name of the type in schemas; null when each value has its own.</param>
internal sealed class SchemaFailures(SchemaSource? schemas, Type type, string format, string? recordName)
{
    private const int SchemaNotFound = 40403;
    private const int Conflict = 409;

    public Exception Writing(Exception exception, SerdeContext place)
    {
        var subject = SubjectOf(place);
        if (exception is SchemaRegistryException { ErrorCode: Conflict } refusal)
        {
            return new SchemaException(
                $"The schema of {type.Name} for {Places.Name(place)} is not compatible with {Latest(subject)}: "
                + $"{End(refusal.Message)} Change the type so that the other side can read it, as by a default for a new field, or "
                + "change the subject's compatibility level; then start again.",
                refusal)
            {
                Subject = subject,
            };
        }

        if (exception is SchemaRegistryException { Status: HttpStatusCode.NotFound } missing)
        {
            return new SchemaException(
                $"Subject '{subject}' does not have the schema of {type.Name} for {Places.Name(place)}: {End(missing.Message)} Register it, "
                + "or set AutoRegisterSchemas.",
                missing)
            {
                Subject = subject,
            };
        }

        return IsOfRegistry(exception)
            ? Unavailable(exception, place, subject, null)
            : new InvalidOperationException(
                $"A {type.Name} for {Places.Name(place)} cannot be written as {format}: {End(exception.Message)} Set the members that "
                + "its schema requires.",
                exception);
    }

    public Exception Reading(Exception exception, ReadOnlySpan<byte> data, SerdeContext place)
    {
        var id = IdOf(data);
        var subject = SubjectOf(place);
        if (exception is SchemaRegistryException { Status: HttpStatusCode.NotFound, ErrorCode: SchemaNotFound or 404 } missing)
        {
            return new FormatException(
                $"The schema with id {id} of a record in {Places.Name(place)} is not in the registry: {End(missing.Message)} Either the record "
                + "was not written with this registry, or its schema was deleted.",
                missing);
        }

        if (IsOfRegistry(exception))
        {
            return Unavailable(exception, place, subject, id);
        }

        return new FormatException(
            id is null
                ? $"{data.Length} bytes of {Places.Name(place)} {Beginning(data)}, which is no {format} with the id of a schema: "
                + $"{End(exception.Message)} Check that the topic is written with the registry's serializers."
                : $"A record in {Places.Name(place)}, written with {Version(subject, id.Value)}, cannot be read as {type.Name} "
                + $"({format}): {End(exception.Message)} Give the type a schema that can read that version, as by defaults for fields "
                + "that it lacks.",
            exception);
    }

    /// <summary>Id of the schema in the bytes, null without the magic byte.</summary>
    private static int? IdOf(ReadOnlySpan<byte> data) =>
        data.Length > sizeof(int) && data[0] == 0 ? BinaryPrimitives.ReadInt32BigEndian(data[1..]) : null;

    private static string Beginning(ReadOnlySpan<byte> data) => data.IsEmpty
        ? "are empty"
        : string.Create(CultureInfo.InvariantCulture, $"begin with 0x{data[0]:X2}");

    private static bool IsOfRegistry(Exception exception) =>
        exception is HttpRequestException or OperationCanceledException or TimeoutException;

    private SchemaException Unavailable(Exception exception, SerdeContext place, string? subject, int? id)
    {
        var schema = id is null ? $"of {type.Name}" : string.Create(CultureInfo.InvariantCulture, $"with id {id}");
        return new SchemaException(
            $"The registry did not give the schema {schema} for {Places.Name(place)}{(subject is null ? "" : $" (subject '{subject}')")}: "
            + $"{End(exception.Message)} Check the registry's address ({schemas?.Address ?? "of the adapted serializer"}), its rights, and "
            + "that it is up. No record is left out; processing goes on when the application is started again.",
            exception)
        {
            Subject = subject,
            SchemaId = id,
        };
    }

    private string? SubjectOf(SerdeContext place) => Try(source => source.Subject(place, recordName));

    private string Latest(string? subject) =>
        Try(source => source.LatestVersion(subject!)) is { } version ? $"version {version} of subject '{subject}'" : $"subject '{subject}'";

    private string Version(string? subject, int id)
    {
        var version = subject is null ? null : Try(source => source.VersionOf(subject, id));
        return version is null
            ? string.Create(CultureInfo.InvariantCulture, $"schema id {id}{(subject is null ? "" : $" (not in subject '{subject}')")}")
            : string.Create(CultureInfo.InvariantCulture, $"version {version} of subject '{subject}' (schema id {id})");
    }

    /// <summary>What makes a message better is not worth another failure.</summary>
    private string? Try(Func<SchemaSource, string?> ask)
    {
        try
        {
            return schemas is null ? null : ask(schemas);
        }
#pragma warning disable CA1031 // Whatever it is, the failure at hand is what matters.
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    private static string End(string message) => message.TrimEnd(' ', '.', '\n', '\r') + ".";
}
