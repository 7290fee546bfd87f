using System.IO.Compression;

namespace StreamFlow.Protocol.Compression;

/// <summary>Writes gzip.</summary>
internal sealed class GzipCompressor : Compressor
{
    private readonly GZipStream _stream;

    public GzipCompressor(int level, PooledBuffer destination)
    {
        var options = new ZLibCompressionOptions { CompressionLevel = level };
        _stream = new GZipStream(new BufferStream(destination), options);
    }

    public override void Write(ReadOnlySpan<byte> plain) => _stream.Write(plain);

    public override void Finish() => _stream.Dispose();

    public override void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        catch (CompressionLimitException)
        {
            // The stream writes its end also when its owner gave up, which had been told of the limit then.
        }
    }

    /// <summary>The buffer as the stream that the library wants.</summary>
    private sealed class BufferStream(PooledBuffer destination) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => destination.Length;

        public override long Position
        {
            get => destination.Length;
            set => throw new NotSupportedException("The buffer is written from its begin to its end.");
        }

        public override void Write(ReadOnlySpan<byte> buffer) => destination.Append(buffer);

        public override void Write(byte[] buffer, int offset, int count) => destination.Append(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            throw new NotSupportedException("The buffer is only written.");

        public override long Seek(long offset, SeekOrigin origin) =>
            throw new NotSupportedException("The buffer is written from its begin to its end.");

        public override void SetLength(long value) =>
            throw new NotSupportedException("The buffer has the length of what was written.");
    }
}
