using System.Globalization;

namespace StreamFlow.Samples;

/// <summary>Tells how far the run is: in a terminal in one line that changes, elsewhere in a line a second.</summary>
internal sealed class SampleProgress : IDisposable
{
    private readonly SampleRun _run;
    private readonly TextWriter _output;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private bool _ended;
    private string _last = string.Empty;

    public SampleProgress(SampleRun run, TextWriter output)
    {
        (_run, _output) = (run, output);
        _timer = run.Time.CreateTimer(_ => Tell(), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended && !_run.Settings.Plain && _last.Length > 0)
            {
                _output.WriteLine();
            }

            _ended = true;
        }

        _timer.Dispose();
    }

    private void Tell()
    {
        if (_run.Elapsed == TimeSpan.Zero)
        {
            return; // the applications start
        }

        var progress = _run.Books.Progress();
        lock (_gate)
        {
            if (_ended || progress == _last)
            {
                return;
            }

            _last = progress;
            var line = string.Create(CultureInfo.InvariantCulture, $"{_run.Elapsed.TotalSeconds,6:F1} s   {progress}");
            if (_run.Settings.Plain)
            {
                _output.WriteLine(line);
            }
            else
            {
                var width = Math.Max(20, Console.WindowWidth - 1);
                _output.Write($"\r{(line.Length > width ? line[..width] : line.PadRight(width))}");
            }
        }
    }
}
