using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using StreamFlow.Hosting;

namespace StreamFlow.Dashboard;

/// <summary>Makes the list of an application's settings. Secrets are dots, wherever they come from.</summary>
internal static class SettingsView
{
    private const string Dots = "••••••••";

    private static readonly string[] SecretParts =
        ["password", "secret", "token", "credential", "key.pem", "keystore", "private", "jaas", "oauthbearer.config", "apikey", "api.key"];

    public static SettingsModel Of(HostedView view)
    {
        var (options, source, prefix) = (view.Hosted.Options, new SettingSource(view.Configuration), $"StreamFlow:{view.Hosted.Name}");
        var fresh = new StreamFlowHostOptions();
        return new SettingsModel(
            [
                Setting(source, $"{prefix}:BootstrapServers", "BootstrapServers", options.BootstrapServers, fresh.BootstrapServers),
                Setting(source, $"{prefix}:StoreBackend", "StoreBackend", options.StoreBackend, fresh.StoreBackend),
                .. typeof(StreamFlowOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .Where(p => p.GetIndexParameters().Length == 0 && p.CanWrite).OrderBy(p => p.Name, StringComparer.Ordinal)
                    .Select(p => Setting(source, $"{prefix}:Streams:{p.Name}", p.Name, p.GetValue(options.Streams), p.GetValue(fresh.Streams))),
            ],
            [
                .. Clients(source, prefix, "Client", options.Client),
                .. Clients(source, prefix, "Consumer", options.Consumer),
                .. Clients(source, prefix, "Producer", options.Producer),
            ],
            new VersionsModel(
                OverviewView.Version, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription,
                Confluent.Kafka.Library.VersionString, null),
            "Apache-2.0",
            view.Application.Topology.Text);
    }

    /// <summary>Whether a setting of this name is not for everybody's eyes.</summary>
    public static bool IsSecret(string name) => Array.Exists(SecretParts, part => name.Contains(part, StringComparison.OrdinalIgnoreCase));

    private static SettingModel Setting(SettingSource source, string path, string name, object? value, object? fresh)
    {
        var (text, standard) = (TextOf(value), TextOf(fresh));
        var found = source.Find(path);
        var from = found is { } configured && IsSame(configured.Text, text) ? configured.Source
            : text == standard ? SettingSource.Default : SettingSource.Code;
        return Hidden(new SettingModel(name, text, from, standard, IsSecret(name)));
    }

    private static IEnumerable<SettingModel> Clients(SettingSource source, string prefix, string section, Dictionary<string, string> settings) =>
        settings.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Hidden(new SettingModel(
            section == "Client" ? s.Key : $"{s.Key} ({section.ToLowerInvariant()}s)",
            s.Value,
            source.Find($"{prefix}:{section}:{s.Key}")?.Source ?? SettingSource.Code,
            null,
            IsSecret(s.Key))));

    private static SettingModel Hidden(SettingModel setting) =>
        setting is { IsSecret: true, Value.Length: > 0 } ? setting with { Value = Dots } : setting;

    /// <summary>The configuration writes some values otherwise than they are shown.</summary>
    private static bool IsSame(string configured, string? text) =>
        string.Equals(configured, text, StringComparison.OrdinalIgnoreCase)
        || (TimeSpan.TryParse(configured, CultureInfo.InvariantCulture, out var time) && time.ToString("c", CultureInfo.InvariantCulture) == text)
        || (decimal.TryParse(configured, CultureInfo.InvariantCulture, out var number) && number.ToString(CultureInfo.InvariantCulture) == text);

    private static string? TextOf(object? value) => value switch
    {
        null => null,
        string text => text,
        TimeSpan time => time.ToString("c", CultureInfo.InvariantCulture),
        Delegate function => $"a function ({function.Method.DeclaringType?.Name}.{function.Method.Name})",
        IFormattable plain => plain.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable many => string.Join(", ", many.Cast<object?>().Select(TextOf)),
        _ => value.ToString(),
    };
}
