// The least Worker: what the runtime itself costs a request.

export default { fetch: () => new Response("hello") };
