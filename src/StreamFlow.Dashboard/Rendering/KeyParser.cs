using System.Globalization;
using System.Text.Json;

namespace StreamFlow.Dashboard;

/// <summary>Makes what somebody types into a key of a store's type.</summary>
internal static class KeyParser
{
    /// <exception cref="ApiException">The text is none; the message says what was expected.</exception>
    public static TKey Parse<TKey>(string parameter, string text)
    {
        var type = Nullable.GetUnderlyingType(typeof(TKey)) ?? typeof(TKey);
        if (type == typeof(string))
        {
            return (TKey)(object)text;
        }

        if (type == typeof(byte[]))
        {
            return (TKey)(object)Hex(parameter, text);
        }

        if (type.IsEnum)
        {
            return Enum.TryParse(type, text, ignoreCase: true, out var named)
                ? (TKey)named
                : throw Refuse(parameter, text, $"one of {string.Join(", ", Enum.GetNames(type))}");
        }

        return IsPlain(type) ? (TKey)Plain(parameter, text, type) : Json<TKey>(parameter, text);
    }

    private static bool IsPlain(Type type) =>
        type.IsPrimitive || type == typeof(decimal) || type == typeof(Guid) || type == typeof(DateTimeOffset) || type == typeof(DateTime)
        || type == typeof(DateOnly) || type == typeof(TimeOnly) || type == typeof(TimeSpan);

    /// <summary>As .NET reads it, whatever the machine's language.</summary>
    private static object Plain(string parameter, string text, Type type)
    {
        try
        {
            return Type.GetTypeCode(type) switch
            {
                TypeCode.DateTime => DateTime.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
                not TypeCode.Object => Convert.ChangeType(text, type, CultureInfo.InvariantCulture),
                _ when type == typeof(Guid) => Guid.Parse(text),
                _ when type == typeof(DateTimeOffset) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
                _ when type == typeof(DateOnly) => DateOnly.Parse(text, CultureInfo.InvariantCulture),
                _ when type == typeof(TimeOnly) => TimeOnly.Parse(text, CultureInfo.InvariantCulture),
                _ => TimeSpan.Parse(text, CultureInfo.InvariantCulture),
            };
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or InvalidCastException)
        {
            throw Refuse(parameter, text, Expected(type));
        }
    }

    private static TKey Json<TKey>(string parameter, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<TKey>(text, JsonSerializerOptions.Web) ?? throw Refuse(parameter, text, Expected(typeof(TKey)));
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw Refuse(parameter, text, $"{Expected(typeof(TKey))} ({exception.Message})");
        }
    }

    private static byte[] Hex(string parameter, string text)
    {
        try
        {
            return Convert.FromHexString(text);
        }
        catch (FormatException)
        {
            throw Refuse(parameter, text, "bytes as hexadecimal digits, such as 0a1b");
        }
    }

    private static string Expected(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "true or false",
        TypeCode.Char => "one character",
        TypeCode.Single or TypeCode.Double or TypeCode.Decimal => "a number such as 1.5",
        TypeCode.Object when type == typeof(Guid) => "a GUID such as 6f9619ff-8b86-d011-b42d-00c04fc964ff",
        TypeCode.Object when type == typeof(TimeSpan) => "a time as hours:minutes:seconds",
        TypeCode.Object when !IsPlain(type) => $"{TypeNames.Of(type)} as JSON, such as {{\"member\":1}}",
        TypeCode.Object or TypeCode.DateTime => "a date and time such as 2026-01-31T12:00:00Z",
        _ => $"a whole number of type {type.Name}",
    };

    private static ApiException Refuse(string parameter, string text, string expected) =>
        ApiException.BadRequest($"{parameter} is '{text}'; it is to be {expected}.");
}
