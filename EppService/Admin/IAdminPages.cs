using Microsoft.AspNetCore.Builder;

namespace OrleansKvRouter.EppService.Admin;

/// <summary>Further pages of the admin listener, beside the node's own.</summary>
internal interface IAdminPages
{
    /// <summary>Adds them. Requests have been routed, and failures are caught.</summary>
    void MapTo(WebApplication app);
}
