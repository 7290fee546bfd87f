using StreamFlow.Samples;
using StreamFlow.Samples.OrderProcessing;

return await SampleHost.RunAsync(args, new OrderProcessingSample());
