using StreamFlow.Verification.Workers;

namespace StreamFlow.Verification;

internal static class Program
{
    private const int Right = 0;
    private const int Violated = 1;
    private const int NoVerdict = 2;

    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["worker", ..])
        {
            return await WorkerProgram.RunAsync(WorkerSettings.Parse(arguments));
        }

        if (arguments.Contains("--help"))
        {
            Console.WriteLine(Options.Usage);
            return Right;
        }

        if (arguments is ["--plants"])
        {
            SelfCheck.Names.ToList().ForEach(Console.WriteLine);
            return Right;
        }

        Options options;
        try
        {
            options = Options.Parse(arguments);
        }
        catch (ArgumentException exception)
        {
            await Console.Error.WriteLineAsync($"error: {exception.Message}");
            return NoVerdict;
        }

        try
        {
            var isRight = options.SelfCheck ? await new SelfCheck(options).RunAsync() : await new FaultRun(options).RunAsync();
            return isRight ? Right : Violated;
        }
        catch (Exception exception) when (exception is HarnessException or TimeoutException or InvalidOperationException)
        {
            await Console.Error.WriteLineAsync($"error, no verdict: {exception.Message} {exception.StackTrace}");
            return NoVerdict;
        }
    }
}
