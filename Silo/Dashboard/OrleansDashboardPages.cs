using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Orleans.Dashboard;
using OrleansKvRouter.EppService.Admin;

namespace OrleansKvRouter.Silo.Dashboard;

/// <summary>Orleans' own dashboard on the admin listener: silos, grains, what they are called and how long they take.</summary>
internal sealed class OrleansDashboardPages(IServiceProvider silo) : IAdminPages
{
    private static readonly PathString Place = "/orleans";

    public void MapTo(WebApplication app)
    {
        // Its pages ask for the silo's services, and the listener has none of them.
        app.Use((context, next) =>
        {
            if (context.Request.Path.StartsWithSegments(Place)) context.RequestServices = silo;
            return next(context);
        });
        new SiloEndpoints(app, silo).MapOrleansDashboard(Place);
    }

    /// <summary>The listener's endpoints, with the silo's services.</summary>
    private sealed class SiloEndpoints(IEndpointRouteBuilder endpoints, IServiceProvider silo) : IEndpointRouteBuilder
    {
        public IServiceProvider ServiceProvider => silo;

        public ICollection<EndpointDataSource> DataSources => endpoints.DataSources;

        public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(silo);
    }
}
