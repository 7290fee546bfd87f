namespace StreamFlow.Dashboard.Tests.Browser;

/// <summary>Numbers as people read them, by the page's own functions.</summary>
[Collection(BrowserFixture.Collection)]
public sealed class FormatTests(BrowserFixture fixture)
{
    private static readonly (string Call, string Text)[] Expected =
    [
        ("rate(0)", "0/s"), ("rate(0.5)", "0.50/s"), ("rate(12.34)", "12.3/s"), ("rate(999.7)", "1 k/s"), ("rate(1234567)", "1.23 M/s"), ("rate(null)", "–"),
        ("count(1203)", "1,203"), ("count('9007199254740993')", "9,007,199,254,740,993"), ("count(null)", "–"),
        ("short(9999)", "9,999"), ("short(12345)", "12.3 k"), ("short('12345678901234567')", "12.3 P"),
        ("duration(0)", "0 ms"), ("duration(0.0123)", "12 ms"), ("duration(2.34)", "2.3 s"), ("duration(59.96)", "1 min"), ("duration(240)", "4 min"),
        ("duration(11520)", "3 h 12 min"), ("duration(190800)", "2 d 5 h"),
        ("bytes(1023)", "1,023 B"), ("bytes(123456789)", "118 MiB"), ("percent(0.973)", "97.3 %"),
        ("iso('2026-03-01T12:00:00.5+01:00')", "2026-03-01T11:00:00.500+00:00"),
    ];

    [SkippableFact]
    public async Task Numbers_have_units_and_few_digits()
    {
        await using var page = await LivePage.OpenAsync(fixture);
        var calls = string.Join(", ", Expected.Select(one => $"format.{one.Call}"));

        var texts = await page.Page.EvaluateAsync<string[]>($"async () => {{ const format = await import('./assets/format.js'); return [{calls}]; }}");

        Assert.Equal(Expected.Select(one => $"{one.Call} is {one.Text}"), Expected.Zip(texts, (one, text) => $"{one.Call} is {text}"));
    }
}
