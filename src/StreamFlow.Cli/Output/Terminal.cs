using System.Text;

namespace StreamFlow.Cli.Output;

/// <summary>Where a command reads and writes: the process's streams, or those of a test.</summary>
/// <param name="input">What is typed or piped in.</param>
/// <param name="output">Results: text, JSON or the bytes of records.</param>
/// <param name="error">Messages about what happens and what failed; never results.</param>
/// <param name="width">Columns of the terminal that shows the output; null when the output goes to a file or a pipe.</param>
internal sealed class Terminal(Stream input, Stream output, TextWriter error, int? width) : IDisposable
{
    public Stream Input { get; } = input;

    public Stream RawOutput { get; } = output;

    /// <summary>Text of results, UTF-8. Written through at once when somebody watches, else when a command ends or asks for it.</summary>
    public TextWriter Out { get; } = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 16 * 1024, leaveOpen: true)
    {
        AutoFlush = width is not null,
    };

    public TextWriter Error { get; } = error;

    /// <summary>Columns of the terminal; null when nobody watches.</summary>
    public int? Width { get; } = width;

    public void Dispose() => Out.Dispose();
}
