using Microsoft.Extensions.DependencyInjection;

namespace StreamFlow.Hosting;

/// <summary>
/// The host's services as a topology sees them. It is described once and runs as long as the host: a scoped service that it
/// took would be made once and live as long, though it is made for one piece of work. .NET refuses that in development, in
/// words about its root provider, and lets it pass in production; here it is refused always.
/// </summary>
/// <param name="host">The host's services.</param>
/// <param name="registered">What they were made from.</param>
/// <param name="application">Name of the application.</param>
internal sealed class TopologyServices(IServiceProvider host, IServiceCollection registered, string application)
    : IKeyedServiceProvider, ISupportRequiredService
{
    public object? GetService(Type serviceType)
    {
        ThrowIfScoped(serviceType, null);
        return host.GetService(serviceType);
    }

    public object GetRequiredService(Type serviceType)
    {
        ThrowIfScoped(serviceType, null);
        return host.GetRequiredService(serviceType);
    }

    public object? GetKeyedService(Type serviceType, object? serviceKey)
    {
        ThrowIfScoped(serviceType, serviceKey);
        return Keyed.GetKeyedService(serviceType, serviceKey);
    }

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey)
    {
        ThrowIfScoped(serviceType, serviceKey);
        return Keyed.GetRequiredKeyedService(serviceType, serviceKey);
    }

    private IKeyedServiceProvider Keyed => host as IKeyedServiceProvider
        ?? throw new InvalidOperationException("The host's service provider has no keyed services.");

    private void ThrowIfScoped(Type type, object? key)
    {
        if (ScopedOf(type, key, []) is not { } scoped)
        {
            return;
        }

        var what = scoped == type ? $"{type}, a scoped service" : $"{type}, which needs the scoped service {scoped}";
        throw new InvalidOperationException(
            $"StreamFlow application '{application}': its topology asks for {what}: it would be made once and live as long as the "
            + "host. Make a scope in the operator, for each record that needs one: "
            + $"using var scope = services.CreateScope(); scope.ServiceProvider.GetRequiredService<{type.Name}>().");
    }

    /// <summary>The scoped service that is the one asked for or that it needs; null when there is none.</summary>
    private Type? ScopedOf(Type type, object? key, HashSet<Type> asked)
    {
        if (!asked.Add(type))
        {
            return null;
        }

        var candidates = Registered(type, key).ToList();
        if (candidates.Count == 0 && type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>))
        {
            candidates = [.. Registered(type.GetGenericArguments()[0], key)];
        }
        else if (candidates.Count > 1)
        {
            candidates = [candidates[^1]];
        }

        return candidates.Select(candidate => ScopedOf(candidate, asked)).FirstOrDefault(scoped => scoped is not null);
    }

    private Type? ScopedOf(ServiceDescriptor service, HashSet<Type> asked) => service.Lifetime switch
    {
        ServiceLifetime.Scoped => service.ServiceType,

        // What a singleton needs the container refuses; what a factory takes nobody can know.
        ServiceLifetime.Transient when (service.IsKeyedService ? service.KeyedImplementationType : service.ImplementationType) is { } made =>
            (made.GetConstructors().MaxBy(c => c.GetParameters().Length)?.GetParameters() ?? [])
                .Select(parameter => ScopedOf(parameter.ParameterType, null, asked))
                .FirstOrDefault(scoped => scoped is not null),
        _ => null,
    };

    private IEnumerable<ServiceDescriptor> Registered(Type type, object? key) => registered.Where(service =>
        (service.ServiceType == type || (type.IsGenericType && service.ServiceType == type.GetGenericTypeDefinition()))
        && (service.IsKeyedService
            ? key is not null && (Equals(service.ServiceKey, key) || Equals(service.ServiceKey, KeyedService.AnyKey))
            : key is null));
}
