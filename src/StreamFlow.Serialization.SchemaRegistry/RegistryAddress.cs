using Confluent.SchemaRegistry;

namespace StreamFlow.Serialization.SchemaRegistry;

/// <summary>Looks at the registry's address before anybody is asked there.</summary>
internal static class RegistryAddress
{
    /// <exception cref="ArgumentException">Nobody can be asked there, or not as somebody.</exception>
    public static void Check(string? url, string parameter)
    {
        var complaint = string.IsNullOrWhiteSpace(url)
            ? "The schema registry has no address: set Url, as http://localhost:8081, or give a registry client."
            : url.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Complaint)
                .FirstOrDefault(found => found is not null);
        if (complaint is not null)
        {
            throw new ArgumentException(complaint, parameter);
        }
    }

    private static string? Complaint(string url)
    {
        if (url.Contains('@', StringComparison.Ordinal))
        {
            // Not shown: before the sign there may be a password, which the registry client would not send either.
            return "Url has an '@' in it. Give the address only, and the user by Settings: "
                + $"'{SchemaRegistryConfig.PropertyNames.SchemaRegistryBasicAuthUserInfo}' is 'user:password'.";
        }

        return Uri.TryCreate(url, UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps)
            ? null
            : $"Url has '{url}', which is no address of HTTP. Write it as 'http://host:port' or 'https://host:port'.";
    }
}
