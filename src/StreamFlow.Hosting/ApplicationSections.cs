using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StreamFlow.Kafka.Common;

namespace StreamFlow.Hosting;

/// <summary>The sections below <c>StreamFlow</c>, by the names of the host's applications.</summary>
internal sealed class ApplicationSections
{
    private const string Root = "StreamFlow";

    /// <summary>
    /// What nobody of this host reads although it was meant to be read: settings that are in no application's section, and the
    /// section of an application whose name is misspelt. Other sections may be those of a host that shares the file.
    /// </summary>
    public static IReadOnlyList<string> Complaints(IServiceProvider provider)
    {
        if (provider.GetService<IConfiguration>()?.GetSection(Root) is not { } root)
        {
            return [];
        }

        var names = provider.GetServices<ApplicationRegistration>().Select(r => r.Name).ToList();
        var without = names.Where(name => !root.GetSection(name).Exists()).ToList();
        return
        [
            .. from child in root.GetChildren()
            where !names.Append(RocksDbSettings.Name).Contains(child.Key, StringComparer.OrdinalIgnoreCase)
            let complaint = Complaint(child, names, without)
            where complaint is not null
            select complaint,
        ];
    }

    private static string? Complaint(IConfigurationSection child, List<string> names, List<string> without)
    {
        if (SettingsShape.Application.PlaceOf(child.Key) is { } place && !IsOfApplication(child))
        {
            var places = string.Join(" or ", names.Select(name => $"'{Root}:{name}:{place}'"));
            return $"'{child.Path}' is a setting of an application, but in none's section. Write {places}.";
        }

        return without.Find(name => IsMisspelt(child.Key, name)) is { } meant
            ? $"'{child.Path}' is no application of this host. Did you mean '{Root}:{meant}'?"
            : null;
    }

    /// <summary>An application of another host may be called Consumer.</summary>
    private static bool IsOfApplication(IConfigurationSection section) => section.GetChildren().Any(
        child => SettingsShape.Application.Values.ContainsKey(child.Key) || SettingsShape.Application.Sections.ContainsKey(child.Key));

    /// <summary>One stroke away, and not only by a number, as of several instances: another name may be another host's.</summary>
    private static bool IsMisspelt(string given, string name) =>
        NearestName.Distance(given, name) == 1
        && !Letters(given).SequenceEqual(Letters(name));

    private static IEnumerable<char> Letters(string name) => name.ToLowerInvariant().Where(c => !char.IsDigit(c));
}

/// <summary>Lists them beside what is wrong inside of the sections.</summary>
internal sealed class ApplicationSectionsValidator(IServiceProvider provider) : IValidateOptions<ApplicationSections>
{
    public ValidateOptionsResult Validate(string? name, ApplicationSections options) =>
        ApplicationSections.Complaints(provider) is { Count: > 0 } complaints
            ? ValidateOptionsResult.Fail(complaints)
            : ValidateOptionsResult.Success;
}
