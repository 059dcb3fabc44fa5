{:ok, author} = Blog.Accounts.register_user(%{email: "ada@example.com", name: "Ada"})

{:ok, _post} =
  Blog.Content.create_post(author, %{title: "Hello", slug: "hello", body: "The first post."})
