using System.Globalization;
using StreamFlow.RocksDb.Tests.Support;

namespace StreamFlow.RocksDb.Tests;

/// <summary>The process that tests start in order to kill it, or to have a folder opened by somebody else.</summary>
internal static class Program
{
    public static int Main(string[] args)
    {
        switch (args)
        {
            case ["write", var folder, var seed]:
                CrashWorkload.Run(folder, int.Parse(seed, CultureInfo.InvariantCulture));
                return 0;
            case ["hold", var folder]:
                using (Backends.Open(folder, "store"))
                {
                    Console.WriteLine("open");
                    Console.ReadLine();
                }

                return 0;
            default:
                Console.Error.WriteLine("usage: write FOLDER SEED | hold FOLDER");
                return 2;
        }
    }
}
