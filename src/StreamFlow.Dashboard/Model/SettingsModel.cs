namespace StreamFlow.Dashboard;

/// <summary>The settings of an application as they are in effect.</summary>
internal sealed record SettingsModel(
    IReadOnlyList<SettingModel> Options, IReadOnlyList<SettingModel> Client, VersionsModel Versions, string License, string Describe);

/// <summary>A setting, and where it comes from.</summary>
internal sealed record SettingModel(string Name, string? Value, string Source, string? Default, bool IsSecret);

/// <summary>What runs.</summary>
internal sealed record VersionsModel(string Streamflow, string Dotnet, string Os, string? Librdkafka, string? Rocksdb);
